"""A small desk with one of everything the workbook shows, in real rows."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import Customer, Destination, TradingAccount, User
from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.lifecycle import CASE_STEPS, PAYMENT_STEPS
from recovery.models import (
    Approval,
    Assessment,
    AssessmentLine,
    AssessmentResult,
    Break,
    Decision,
    EngineEntry,
    Event,
    LedgerEntry,
    Payment,
    PayoutBatch,
    RecoveryCase,
    SourceFile,
    Transition,
)
from recovery.selectors.workbook import workbook_snapshot
from recovery.services.workbook_readme import Heading
from recovery.services.workbook_writing import Written, workbook_write

D = Decimal
START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
# Later than the rows' own creation times, which the database sets by its clock.
AS_OF = datetime(2100, 1, 1, tzinfo=UTC)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(path: Path, as_of: datetime = AS_OF) -> Written:
    with workbook_snapshot(as_of) as snapshot:
        return workbook_write(snapshot, path, Heading(AS_OF, "fiona"))


@dataclass
class Amounts:
    """What an assessment says of one asset."""

    residual: str = "10"
    received: str = "10"
    deficit: str = "0"
    reason: str = ""
    parts: tuple[tuple[str, str], ...] = ()


def account(number: str = "A-1", venue: str = "house") -> TradingAccount:
    customer, _ = Customer.objects.get_or_create(
        uid="U1",
        defaults={
            "full_name": "Ada Example",
            "email": "ada@example.org",
            "client_class": "retail",
            "jurisdiction": "DE",
        },
    )
    return TradingAccount.objects.get_or_create(
        venue=venue, number=number, defaults={"customer": customer}
    )[0]


def event(reference: str, *, asset: str = "USDT", **values: Any) -> Event:
    count = Event.objects.count()
    started_at = START + timedelta(hours=count)
    return Event.objects.create(
        reference=reference,
        asset=asset,
        account=values.pop("account", None) or account(),
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=3),
        position_before=D(2),
        position_after=D(0),
        **{"instrument": "BTC-PERP", "kind": "liquidation", **values},
    )


def assessed(
    of: Event, amounts: Amounts, *, at: datetime | None = None, asset: str = ""
) -> AssessmentResult:
    number = of.assessments.count() + 1
    receipt = canonical_json({"event": of.reference, "number": number})
    one = Assessment.objects.create(
        event=of,
        number=number,
        computed_at=at or of.ended_at + timedelta(minutes=number),
        input_digest=sha(of.reference),
        receipt=receipt,
        digest=digest_text(receipt),
        verified_share=D("0.75"),
    )
    residual = D(amounts.residual)
    lines = [
        ("opening_balance", D(40)),
        ("realised_pnl", residual - D(38)),
        ("trading_fee", D("-1.5")),
        ("liquidation_fee", D("-0.5")),
    ]
    for position, (label, expected) in enumerate(lines):
        AssessmentLine.objects.create(
            assessment=one,
            position=position,
            asset=asset or of.asset,
            label=label,
            expected=expected,
            recorded=expected,
            difference=0,
            basis="computed",
        )
    Event.objects.filter(pk=of.pk).update(active_assessment=one)
    of.refresh_from_db()
    return AssessmentResult.objects.create(
        assessment=one,
        asset=asset or of.asset,
        residual_amount=residual,
        deficit_amount=D(amounts.deficit),
        received_amount=D(amounts.received),
        variance_amount=D(amounts.received) - residual,
        reason=amounts.reason,
        parts=[{"reason": name, "amount": text} for name, text in amounts.parts],
    )


def broken(result: AssessmentResult, state: str, *, days_old: int = 0) -> Break:
    of = result.assessment.event
    opened_at = AS_OF - timedelta(days=days_old, minutes=1)
    return Break.objects.update_or_create(
        event=of,
        asset=result.asset,
        defaults={
            "result": result,
            "reason": result.reason or "FEE_VARIANCE",
            "state": state,
            "variance_amount": result.variance_amount,
            "opened_at": opened_at,
            "changed_at": opened_at,
        },
    )[0]


def source_file(name: str, *amounts: str, **values: Any) -> SourceFile:
    """A loaded house ledger of these USDT amounts, with a manifest that agrees."""
    total = sum(map(D, amounts), D(0))
    counts = {"records": len(amounts), "accepted": len(amounts)}
    file = SourceFile.objects.create(
        **{
            "name": name,
            "sha256": sha(name),
            "bytes_size": 10,
            "provenance": "house",
            "state": "loaded",
            "venue": "house",
            "layout": "house-ledger 1",
            "kind": "house-ledger",
            "sums": {"USDT": {"PNL": str(total)}},
            "manifest": {"rows": len(amounts), "sums": {"USDT": str(total)}},
            "loaded_at": START,
            **counts,
            **values,
        }
    )
    for row, amount in enumerate(amounts):
        LedgerEntry.objects.create(
            source_file=file,
            row_number=row,
            account=account(),
            sequence=row,
            occurred_at=START,
            asset="USDT",
            role="PNL",
            operation="trade",
            amount=D(amount),
            raw_time="t",
            fingerprint=hashlib.blake2b(
                f"{name}{row}".encode(), digest_size=16
            ).digest(),
        )
    return file


def engine_log(name: str, *movements: str) -> SourceFile:
    total = str(sum(map(D, movements), D(0)))
    file = source_file(
        name,
        kind="house-engine-log",
        sums={},
        records=len(movements),
        accepted=len(movements),
        manifest={"rows": len(movements), "sums": {"USDT": total}},
    )
    for step, movement in enumerate(movements):
        EngineEntry.objects.create(
            source_file=file,
            row_number=step,
            event_reference="HE-1",
            account=account(),
            instrument="BTC-PERP",
            occurred_at=START,
            step=step,
            action="close",
            asset="USDT",
            fund_movement=D(movement),
        )
    return file


def staff(name: str) -> User:
    return User.objects.get_or_create(username=name, defaults={"is_staff": True})[0]


@transaction.atomic
def _move(subject: RecoveryCase | Payment, to_status: str, **fields: Any) -> None:
    is_payment = isinstance(subject, Payment)
    steps: Any = PAYMENT_STEPS if is_payment else CASE_STEPS
    subject.version += 1
    Transition.objects.create(
        case=subject.case if is_payment else subject,
        payment=subject if is_payment else None,
        version=subject.version,
        action=next(
            action
            for (before, action), step in steps.items()
            if (before, step.to_status) == (subject.status, to_status)
        ),
        from_status=subject.status,
        to_status=to_status,
        actor_name="test",
    )
    subject.status = to_status
    for name, value in fields.items():
        setattr(subject, name, value)
    subject.save()


def owed_case(result: AssessmentResult) -> Decision:
    """A case decided as owed by two people."""
    of = result.assessment.event
    case = RecoveryCase.objects.create(
        reference=f"RC-{of.pk}",
        event=of,
        customer=of.account.customer,
        origin="agent",
        opened_at=START,
        status_since=START,
        next_update_due_at=START,
    )
    _move(case, "investigating")
    sealed = canonical_json({"case": case.reference})
    decision = Decision.objects.create(
        case=case,
        kind="owed",
        result=result,
        asset=result.asset,
        amount=-result.variance_amount,
        reason="fee",
        sealed=sealed,
        content_digest=digest_text(sealed),
        proposer=staff("anna"),
        proposed_at=START,
    )
    _move(case, "proposed")
    _approve(decision, decision=decision)
    _move(case, "owed")
    return decision


def _approve(subject: Decision | Payment, **link: Any) -> None:
    checker = staff("karl")
    Approval.objects.create(
        proposer=subject.proposer,
        approver=checker,
        approver_role="checker",
        content=subject.sealed,
        content_digest=subject.content_digest,
        **link,
    )
    if isinstance(subject, Payment):
        _move(subject, "approved", approver=checker)
    else:
        subject.status, subject.approver = "approved", checker
        subject.save()


def sent_payment(decision: Decision) -> Payment:
    """A credit in a released batch."""
    sealed = canonical_json({"payment": decision.case.reference})
    payment = Payment.objects.create(
        reference=f"PY-{decision.pk}",
        case=decision.case,
        decision=decision,
        event=decision.case.event,
        kind="credit",
        asset=decision.asset,
        amount=decision.amount,
        destination=Destination.objects.create(
            customer=decision.case.customer,
            asset=decision.asset,
            network="tron",
            address="TXYZ1234567890abcdef",
        ),
        status_since=START,
        sealed=sealed,
        content_digest=digest_text(sealed),
        proposer=staff("mona"),
        proposed_at=START,
    )
    _approve_payment(payment)
    return payment


def _approve_payment(payment: Payment) -> None:
    Approval.objects.create(
        payment=payment,
        proposer=payment.proposer,
        approver=staff("kurt"),
        approver_role="checker",
        content=payment.sealed,
        content_digest=payment.content_digest,
    )
    _move(payment, "approved", approver=staff("kurt"))
    batch = PayoutBatch.objects.create(
        reference=f"PB-{payment.pk}",
        kind="credit",
        built_by=staff("mona"),
        built_at=START,
        lines=1,
        totals={payment.asset: str(payment.amount)},
        hash_total=sha("hash"),
        file_sha256=sha("file"),
    )
    _move(payment, "in_batch", batch=batch)
    batch.released_by, batch.released_at = staff("rolf"), START
    batch.save()
    _move(payment, "sent")


def desk() -> None:
    """One of everything."""
    assessed(event("EV-CLEAN"), Amounts("12.34567891", "12.34567891"))
    fee = assessed(
        event("EV-FEE", source_reference="HE-1"),
        Amounts(
            "10", "6.9", "0", "FEE_VARIANCE",
            (("FEE_VARIANCE", "-2.9"), ("FUNDING_VARIANCE", "-0.2")),
        ),
    )  # fmt: skip
    broken(fee, "open", days_old=5)
    missing = assessed(
        event("EV-MISSING", asset="BTC"),
        Amounts(
            "0.123456789012345678", "0", "0", "CREDIT_MISSING",
            (("CREDIT_MISSING", "-0.123456789012345678"),),
        ),
    )  # fmt: skip
    broken(missing, "open", days_old=91)
    fund = assessed(event("EV-FUND"), Amounts("0", "0", "0", "POLICY_TO_FUND"))
    broken(fund, "explained", days_old=1)
    of = event("EV-RESOLVED")
    broken(
        assessed(of, Amounts("8", "9", "0", "CREDIT_OVER", (("CREDIT_OVER", "1"),))),
        "open",
        days_old=40,
    )
    broken(assessed(of, Amounts("9", "9")), "resolved", days_old=40)
    event("EV-WAITING", asset="ETH")
    assessed(event("EV-DEFICIT"), Amounts("0", "0", "3.5", "DEFICIT_COVERED"))
    source_file("house-ledger.csv", "100", "-12.5", "0.00000001")
    engine_log("house-engine-log.csv", "4", "-1.25")
    source_file("kraken.csv", "7.5", provenance="customer_supplied", manifest=None)
    sent_payment(owed_case(fee))
