"""People, events and cases for the claim pages, run through the real services."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from accounts.models import Customer, RoleGrant, TradingAccount, User
from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.references import event_reference
from recovery.domain.words import PaymentKind
from recovery.models import (
    Assessment,
    AssessmentLine,
    AssessmentResult,
    Claim,
    Decision,
    Event,
    LedgerEntry,
    Payment,
    RecoveryCase,
)
from recovery.services.actors import staff_actor
from recovery.services.batches import batch_build, batch_release, payments_post
from recovery.services.cases import case_take
from recovery.services.claims import Filing, claim_file
from recovery.services.decisions import (
    decision_approve,
    decision_expected,
    decision_propose,
)
from recovery.services.payments import payment_approve, payment_propose
from tests.people import acting

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HAPPENED = datetime(2026, 10, 10, 21, 15, tzinfo=UTC)
HOUSE_TERMS = {"surplus_to": "customer", "deficit_to": ["insurance_fund"]}
TAKEOVER_TERMS = {
    "takeover_at_bankruptcy": True,
    "takeover_surplus_to": "insurance_fund",
    "deficit_to": ["insurance_fund", "adl"],
}
Line = tuple[str, str, str, str]
SHORT: Sequence[Line] = (
    ("opening_balance", "1000", "1000", "recorded"),
    ("realised_pnl", "-900", "-900", "computed"),
    ("trading_fee", "-2.9", "-5.8", "computed"),
    ("liquidation_fee", "-5", "-5", "computed"),
    ("funding", "-0.4", "-0.6", "computed"),
)
TAKEN_OVER: Sequence[Line] = (
    ("opening_balance", "1000", "1000", "recorded"),
    ("takeover", "-1000", "-1000", "computed"),
)
DEFICIT: Sequence[Line] = (
    ("opening_balance", "1000", "1000", "recorded"),
    ("realised_pnl", "-1400", "-1400", "computed"),
    ("trading_fee", "-3", "-3", "computed"),
    ("cover_received", "403", "403", "computed"),
)


def make_staff(username: str, role: str) -> User:
    user = User.objects.create_user(username, is_staff=True, full_name=username)
    RoleGrant.objects.create(user=user, role=role, granted_at=NOW - timedelta(days=30))
    return user


def make_customer(uid: str = "U-1", **values: str) -> Customer:
    stated = {
        "full_name": "Cem Demir",
        "email": f"{uid.lower()}@example.org",
        "client_class": "retail",
        "jurisdiction": "DE",
    }
    return Customer.objects.create(uid=uid, **{**stated, **values})


def make_event(
    customer: Customer | None,
    number: str = "A-10042",
    *,
    source_reference: str = "LIQ-77",
    venue: str = "house",
    happened_at: datetime = HAPPENED,
) -> Event:
    account, _ = TradingAccount.objects.get_or_create(
        venue=venue, number=number, defaults={"customer": customer}
    )
    return Event.objects.create(
        reference=event_reference(venue, number, "BTCUSDT", happened_at.isoformat()),
        source_reference=source_reference,
        account=account,
        instrument="BTCUSDT",
        asset="USDT",
        kind="liquidation",
        started_at=happened_at,
        ended_at=happened_at,
    )


def make_assessment(
    event: Event,
    lines: Sequence[Line] = SHORT,
    *,
    terms: dict[str, object] = HOUSE_TERMS,
    deficit: str = "0",
) -> AssessmentResult:
    receipt = canonical_json(
        {
            "schema": "recovery-receipt/1",
            "rules": {
                "policy": {
                    "version": 1,
                    "terms_reference": "House terms, liquidation, clause 7.2",
                    "terms": terms,
                }
            },
        }
    )
    assessment = Assessment.objects.create(
        event=event,
        number=event.assessments.count() + 1,
        computed_at=NOW,
        input_digest="0" * 64,
        receipt=receipt,
        digest=digest_text(receipt),
        verified_share=Decimal(1),
    )
    AssessmentLine.objects.bulk_create(
        AssessmentLine(
            assessment=assessment,
            position=position,
            asset=event.asset,
            label=label,
            expected=Decimal(expected),
            recorded=Decimal(recorded),
            difference=Decimal(recorded) - Decimal(expected),
            basis=basis,
        )
        for position, (label, expected, recorded, basis) in enumerate(lines)
    )
    expected = sum((Decimal(line[1]) for line in lines), Decimal(0))
    recorded = sum((Decimal(line[2]) for line in lines), Decimal(0))
    result = AssessmentResult.objects.create(
        assessment=assessment,
        asset=event.asset,
        residual_amount=expected,
        deficit_amount=Decimal(deficit),
        received_amount=recorded,
        variance_amount=recorded - expected,
        reason="",
    )
    event.active_assessment = assessment
    event.save(update_fields=["active_assessment"])
    return result


def make_claim(event: Event, now: datetime = NOW) -> Claim:
    filing = Filing(
        account_number=event.account.number, transaction_id=event.source_reference
    )
    return claim_file(filing, now=now)


def propose(case: RecoveryCase, result: AssessmentResult) -> Decision:
    ada = User.objects.filter(username="ada").first() or make_staff("ada", "analyst")
    case_take(staff_actor(ada), case, now=NOW)
    kind, amount = decision_expected(result)
    return decision_propose(
        staff_actor(ada),
        case,
        result=result,
        kind=kind,
        amount=amount,
        reason="The fee of row 812 was charged twice; internal name never shown.",
        now=NOW,
    )


def approve(decision: Decision) -> Decision:
    bea = User.objects.filter(username="bea").first() or make_staff("bea", "checker")
    return decision_approve(
        acting(bea, NOW), decision, shown_digest=decision.content_digest, now=NOW
    )


def make_payment(decision: Decision) -> Payment:
    """Propose and approve the credit of an approved decision."""
    max_ = User.objects.filter(username="max").first() or make_staff("max", "maker")
    payment = payment_propose(
        staff_actor(max_),
        decision,
        kind=PaymentKind.CREDIT,
        amount=decision.amount,
        now=NOW,
    )
    bea = User.objects.get(username="bea")
    return payment_approve(
        acting(bea, NOW), payment, shown_digest=payment.content_digest, now=NOW
    )


def decided(lines: Sequence[Line] = SHORT, **values: object) -> Claim:
    """A claim whose decision was approved by two people."""
    event = make_event(make_customer())
    result = make_assessment(event, lines, **values)  # type: ignore[arg-type]
    claim = make_claim(event)
    assert claim.case is not None
    approve(propose(claim.case, result))
    return Claim.objects.get(pk=claim.pk)


def make_posted(payment: Payment) -> Payment:
    """Send an approved credit in a batch and see it in the platform's ledger."""
    rio = User.objects.filter(username="rio").first() or make_staff("rio", "checker")
    max_ = acting(User.objects.get(username="max"), NOW)
    batch = batch_build(max_, PaymentKind.CREDIT, now=NOW)
    batch_release(acting(rio, NOW), batch, now=NOW)
    entry = LedgerEntry(
        account=payment.event.account,
        asset=payment.asset,
        amount=payment.amount,
        order_id=payment.reference,
        source_id="row-1",
    )
    assert payments_post([entry], now=NOW) == 1
    payment.refresh_from_db()
    return payment
