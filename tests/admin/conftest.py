"""One row of every table the desk shows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Model

from accounts.models import (
    ContactChange,
    CoolDown,
    Customer,
    PersonalLook,
    RoleGrant,
    User,
)
from recovery.domain.canonical import digest_text
from recovery.domain.references import grouped_reference
from recovery.models import (
    Adjustment,
    Approval,
    ApprovalPolicy,
    AssetPrice,
    AuditEntry,
    Claim,
    Collection,
    Conversion,
    Decision,
    EngineEntry,
    FeeSchedule,
    FeeTierMembership,
    GoodwillBudget,
    GoodwillReason,
    Instrument,
    Job,
    LayoutMapping,
    LedgerEntry,
    LiquidationPolicy,
    MarkPriceEntry,
    NetworkFeeRule,
    OperationMapping,
    OutboxMessage,
    PositionEntry,
    RecordedShare,
    RejectedRecord,
    SetOff,
    SetOffPolicy,
    StaffNotice,
    StrayMessage,
    UnclaimedRule,
    WatchEntry,
    Workbook,
)
from recovery.services.actors import staff_actor
from recovery.services.batches import batch_build
from recovery.venues.column_mapping import profile_table
from tests import factories
from tests.venues.test_column_mapping import DRAFT


def set_off_rows(decision: Decision, collection: Collection) -> list[Model]:
    """A set-off as it would stand, past the guards: its two sides are made up."""
    policy = SetOffPolicy.objects.create(
        venue="house",
        client_classes=["professional"],
        period=(factories.AT, None),
        terms_reference="clause 12",
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        set_off = SetOff.objects.create(
            reference="SO-1",
            policy=policy,
            decision=decision,
            collection=collection,
            asset="USDT",
            amount=1,
            owed_before_amount=2,
            due_before_amount=3,
            reason="Agreed.",
            sealed="{}",
            content_digest=digest_text("{}"),
            proposer=decision.proposer,
            proposed_at=factories.NOW,
        )
        cursor.execute("SET session_replication_role = origin")
    return [policy, set_off]


@pytest.fixture
def rows(ada: User, max_: User, bea: User, cem: Customer) -> dict[type[Model], Model]:
    """Give one row of every table."""
    decision = factories.decision_approved(ada, bea)
    payment = factories.credit_approved(decision, max_, bea)
    batch = batch_build(staff_actor(max_), "credit", now=factories.NOW)
    event = decision.case.event
    file = factories.source_file()
    since = (factories.AT, None)
    later = factories.NOW + timedelta(hours=1)
    RejectedRecord.objects.create(
        source_file=file,
        row_number=7,
        column="amount",
        value="=1+1",
        reason="no amount",
    )
    collection = factories.deficit_decided(ada, bea).collection
    made = [
        collection,
        *set_off_rows(decision, collection),
        Adjustment.objects.create(
            decision=decision,
            event=event,
            result=decision.result,
            asset="USDT",
            difference_amount=1,
            opened_at=factories.NOW,
        ),
        decision.case,
        payment,
        batch,
        event,
        event.account,
        event.breaks.get(),
        file,
        cem,
        ada,
        factories.destination(cem),
        LedgerEntry.objects.first(),
        Approval.objects.first(),
        AuditEntry.objects.first(),
        RoleGrant.objects.first(),
        CoolDown.objects.create(
            client_class="retail", hours=72, valid_from=factories.NOW
        ),
        PersonalLook.objects.create(
            user=ada, customer=cem, reason="Called.", at=factories.NOW
        ),
        ContactChange.objects.create(
            customer=cem,
            old_mail=cem.email,
            new_mail="new@customers.example",
            how="Called back.",
            proposed_by=ada,
            proposed_at=factories.NOW,
        ),
        Job.objects.create(kind="import", due_at=later, state="quarantined"),
        Workbook.objects.create(as_of=factories.NOW, requested_at=factories.NOW),
        Claim.objects.create(
            reference=grouped_reference("CL", b"0123456789"),
            account_number="A1",
            filed_at=factories.NOW,
        ),
        ApprovalPolicy.objects.create(
            period=since, terms={"currency": "USD"}, terms_reference="house rule 4"
        ),
        AssetPrice.objects.create(
            asset="USDT",
            currency="USD",
            price="1",
            priced_at=factories.AT,
            source="test",
        ),
        GoodwillBudget.objects.create(
            period=since,
            currency="USD",
            month_amount=100,
            each_amount=10,
            customer_amount=20,
            terms_reference="house rule 9",
        ),
        UnclaimedRule.objects.create(
            asset="BTC",
            dust_amount="0.0001",
            dormant_days=180,
            period=since,
            terms_reference="clause 8",
        ),
        RecordedShare.objects.create(
            event=event,
            asset="USDT",
            bearer="adl",
            amount=1,
            evidence="Ticket 3",
            recorded_by=ada,
            recorded_at=factories.NOW,
        ),
        NetworkFeeRule.objects.create(
            asset="USDT",
            network="TRON",
            bearer="house",
            fee_amount=1,
            period=since,
            terms_reference="clause 7",
        ),
        Conversion.objects.create(
            decision=decision,
            from_asset="USDT",
            from_amount=1,
            to_asset="EUR",
            to_amount="0.92",
            rate="0.92",
            step="0.01",
            source="The bank",
            quoted_at=factories.NOW,
            valid_until=later,
            recorded_by=max_,
            recorded_at=factories.NOW,
        ),
        GoodwillReason.objects.get_or_create(
            code="late-answer", defaults={"told": "We answered late"}
        )[0],
        StaffNotice.objects.create(
            key="n",
            news="case.reopened",
            about=f"case {decision.case.reference}",
            subject_kind="recoverycase",
            subject_id=decision.case_id,
        ),
        StrayMessage.objects.create(
            name="recovery.no_such_task",
            reason="unknown_task",
            hour_began_at=factories.NOW,
            last_at=factories.NOW,
        ),
        LayoutMapping.objects.create(
            venue="coinhall",
            code="wallet-log",
            version=1,
            terms=profile_table(DRAFT, 1),
            sample=file,
            reason="It is one.",
            source="Ticket 1",
            content_digest="0" * 64,
            proposed_by=ada,
            proposed_at=factories.NOW,
        ),
        OperationMapping.objects.create(
            venue="house",
            layout="house-ledger",
            operation="rebate",
            version=1,
            role="CREDIT",
            period=since,
            shadow=factories.NO_SHADOW,
            reason="It is one.",
            source="Ticket 1",
            content_digest="0" * 64,
            proposed_by=ada,
            proposed_at=factories.NOW,
        ),
        Instrument.objects.create(venue="house", symbol="X", settle_asset="USDT"),
        FeeSchedule.objects.first(),  # Shipped with the desk.
        LiquidationPolicy.objects.first(),
        FeeTierMembership.objects.create(
            account=event.account, tier="vip1", period=since
        ),
        OutboxMessage.objects.create(
            key="k", event="case.closed", recipient="c@customers.example", subject="s"
        ),
        MarkPriceEntry.objects.create(
            source_file=file,
            row_number=1,
            venue="house",
            instrument="BTCUSDT",
            occurred_at=factories.AT,
            mark_price="60000",
        ),
        PositionEntry.objects.create(
            source_file=file,
            row_number=1,
            account=event.account,
            instrument="BTCUSDT",
            occurred_at=factories.AT,
            position="1",
        ),
        WatchEntry.objects.create(
            kind="instrument",
            value="BTCUSDT",
            reason="Thin book.",
            watched_by=ada,
            watched_at=factories.NOW,
            until=later,
        ),
        EngineEntry.objects.create(
            source_file=file,
            row_number=1,
            event_reference=event.source_reference,
            account=event.account,
            instrument="BTCUSDT",
            occurred_at=factories.AT,
            step=1,
            action="close",
            asset="USDT",
        ),
    ]
    return {type(row): row for row in made}
