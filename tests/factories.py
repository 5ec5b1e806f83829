"""Rows for tests: three people, a customer, an event that is short 3.10 USDT."""

import hashlib
import itertools
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Customer, Destination, RoleGrant, TradingAccount, User
from accounts.roles import Role
from recovery.domain.ledger import LedgerRole
from recovery.domain.words import Basis, BreakReason, DecisionKind, EventKind
from recovery.models import (
    Assessment,
    AssessmentLine,
    AssessmentResult,
    Break,
    BreakState,
    Decision,
    Event,
    LedgerEntry,
    Payment,
    RecoveryCase,
    SourceFile,
    SourceFileState,
)
from recovery.services.actors import staff_actor
from recovery.services.cases import case_open, case_take
from recovery.services.decisions import decision_approve, decision_propose
from recovery.services.payments import payment_approve, payment_propose
from tests.people import acting

NOW = datetime(2026, 9, 3, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
AT = datetime(2026, 9, 1, 8, 15, 30, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
NO_SHADOW = {
    "rows": 1,
    "accounts": 1,
    "accounts_computed": 1,
    "new": 0,
    "gone": 0,
    "changed": 0,
    "case_count": 0,
    "cases": [],
    "reasons": [],
    "money": {},
}
_numbers = itertools.count(1)
# label, expected, recorded, basis; the sums are residual and received.
SHORT_LINES = (
    ("opening_balance", "100", "100", Basis.RECORDED),
    ("realised_pnl", "-90", "-90", Basis.COMPUTED),
    ("trading_fee", "-1", "-3.9", Basis.COMPUTED),
    ("funding", "-0.1", "-0.3", Basis.COMPUTED),
)
CLEAN_LINES = (
    ("opening_balance", "100", "100", Basis.RECORDED),
    ("realised_pnl", "-90", "-90", Basis.COMPUTED),
    ("trading_fee", "-1", "-1", Basis.COMPUTED),
)


def staff(username: str, *roles: Role, full_name: str = "") -> User:
    """Give a member of staff who holds these roles."""
    user = User.objects.create_user(
        username,
        password=PASSWORD,
        is_staff=True,
        full_name=full_name or username.capitalize(),
    )
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, granted_at=LONG_AGO)
    return user


def customer(uid: str = "", name: str = "Cem Aydin") -> Customer:
    """Give a customer with a mail on file."""
    number = next(_numbers)
    return Customer.objects.create(
        uid=uid or f"U{number:06}",
        full_name=name,
        email=f"cem{number}@customers.example",
        client_class="retail",
        jurisdiction="DE",
    )


def account(owner: Customer | None = None) -> TradingAccount:
    """Give a trading account at the house."""
    return TradingAccount.objects.create(
        customer=owner, venue="house", number=f"A{next(_numbers):06}"
    )


def source_file(provenance: str = "house", name: str = "") -> SourceFile:
    """Give a loaded source file."""
    number = next(_numbers)
    return SourceFile.objects.create(
        sha256=hashlib.sha256(f"file {number}".encode()).hexdigest(),
        name=name or f"ledger-{number}.csv",
        bytes_size=1000,
        provenance=provenance,
        state=SourceFileState.LOADED,
        venue="house",
        layout="house-ledger",
        records=10,
        accepted=8,
        duplicate=1,
        rejected=1,
    )


def ledger_entry(
    of: TradingAccount,
    *,
    file: SourceFile,
    row_number: int,
    role: LedgerRole,
    amount: str,
    at: datetime = AT,
) -> LedgerEntry:
    """Give a ledger entry."""
    fingerprint = hashlib.blake2b(f"{file.pk} {row_number}".encode(), digest_size=16)
    return LedgerEntry.objects.create(
        source_file=file,
        row_number=row_number,
        account=of,
        sequence=row_number,
        occurred_at=at,
        asset="USDT",
        role=role,
        operation=role.lower(),
        amount=Decimal(amount),
        instrument="BTCUSDT",
        raw_time=at.isoformat(),
        fingerprint=fingerprint.digest(),
    )


def event(
    of: TradingAccount | None = None,
    *,
    lines: tuple[tuple[str, str, str, Basis], ...] = SHORT_LINES,
    reason: str = BreakReason.FEE_VARIANCE,
    provenance: str = "house",
    deficit: str = "0",
) -> Event:
    """Give a liquidation with its rows, its assessment no. 1 and its break."""
    of = of or account(customer())
    number = next(_numbers)
    at = AT + timedelta(minutes=number)
    found = Event.objects.create(
        reference=f"EV-{number:010}",
        source_reference=f"liq-{number}",
        account=of,
        instrument="BTCUSDT",
        asset="USDT",
        kind=EventKind.LIQUIDATION,
        started_at=at,
        ended_at=at + timedelta(seconds=2),
        position_before=Decimal("0.01"),
        position_after=Decimal(0),
    )
    file = source_file(provenance)
    evidence = {
        label: ledger_entry(
            of, file=file, row_number=811 + step, role=role, amount=amount, at=at
        )
        for step, (label, role, amount) in enumerate(
            (
                ("realised_pnl", LedgerRole.PNL, "-90"),
                ("trading_fee", LedgerRole.FEE, "-3.9"),
                ("funding", LedgerRole.FUND, "-0.3"),
            )
        )
    }
    assess(found, lines, reason=reason, evidence=evidence, deficit=deficit)
    return found


def assess(
    found: Event,
    lines: tuple[tuple[str, str, str, Basis], ...],
    *,
    reason: str = "",
    evidence: dict[str, LedgerEntry] | None = None,
    deficit: str = "0",
) -> Assessment:
    """Give an event its next assessment and make it the active one."""
    evidence = evidence or {}
    number = found.assessments.count() + 1
    residual = sum((Decimal(one[1]) for one in lines), Decimal(0))
    received = sum((Decimal(one[2]) for one in lines), Decimal(0))
    receipt = json.dumps(
        {
            "event": found.reference,
            "number": number,
            "lines": [list(one) for one in lines],
        }
    )
    made = Assessment.objects.create(
        event=found,
        number=number,
        computed_at=NOW,
        input_digest=hashlib.sha256(found.reference.encode()).hexdigest(),
        receipt=receipt,
        digest=hashlib.sha256(receipt.encode()).hexdigest(),
        verified_share=Decimal("0.985"),
    )
    result = AssessmentResult.objects.create(
        assessment=made,
        asset="USDT",
        residual_amount=residual,
        deficit_amount=Decimal(deficit),
        received_amount=received,
        variance_amount=received - residual,
        reason=reason,
    )
    for position, (label, expected, recorded, basis) in enumerate(lines):
        AssessmentLine.objects.create(
            assessment=made,
            position=position,
            asset="USDT",
            label=label,
            expected=Decimal(expected),
            recorded=Decimal(recorded),
            difference=Decimal(recorded) - Decimal(expected),
            basis=basis,
            evidence=[evidence[label].pk] if label in evidence else [],
        )
    found.active_assessment = made
    found.save(update_fields=["active_assessment"])
    if reason:
        Break.objects.update_or_create(
            event=found,
            asset="USDT",
            defaults={
                "result": result,
                "reason": reason,
                "state": BreakState.OPEN,
                "variance_amount": result.variance_amount,
                "opened_at": NOW,
                "changed_at": NOW,
            },
        )
    return made


def case_new(opener: User, of: Event | None = None) -> RecoveryCase:
    """Give a new case about an event that is short."""
    return case_open(
        staff_actor(opener),
        event=of or event(),
        customer=None,
        origin="agent",
        now=NOW,
    )


def case_without_event(opener: User) -> RecoveryCase:
    """Give a case that does not say yet what it is about."""
    return case_open(
        staff_actor(opener), event=None, customer=None, origin="claim", now=NOW
    )


def case_taken(by: User, of: Event | None = None) -> RecoveryCase:
    """Give a case under investigation."""
    return case_take(staff_actor(by), case_new(by, of), now=NOW)


def decision_waiting(by: User, case: RecoveryCase | None = None) -> Decision:
    """Give a proposed decision that 3.10 USDT are owed."""
    case = case or case_taken(by)
    result = case.event.active_assessment.results.get()
    return decision_propose(
        staff_actor(by),
        case,
        result=result,
        kind=DecisionKind.OWED,
        amount=Decimal("3.1"),
        reason="The trading fee and the funding were booked too high.",
        now=NOW,
    )


def decision_approved(by: User, approver: User) -> Decision:
    """Give an approved decision that 3.10 USDT are owed."""
    decision = decision_waiting(by)
    return decision_approve(
        acting(approver, NOW),
        decision,
        shown_digest=decision.content_digest,
        now=NOW,
    )


def deficit_decided(by: User, approver: User) -> Decision:
    """Give an approved decision that 10 USDT are missing; the fund bears them."""
    of = event(lines=(), reason=BreakReason.DEFICIT_COVERED, deficit="10")
    case = case_taken(by, of)
    decision = decision_propose(
        staff_actor(by),
        case,
        result=of.active_assessment.results.get(),
        kind=DecisionKind.DEFICIT,
        amount=Decimal(10),
        reason="The position closed beyond the bankruptcy price.",
        now=NOW,
    )
    return decision_approve(
        acting(approver, NOW),
        decision,
        shown_digest=decision.content_digest,
        now=NOW,
    )


def credit_waiting(decision: Decision, maker: User) -> Payment:
    """Give a proposed credit of everything a decision owes."""
    return payment_propose(
        staff_actor(maker),
        decision,
        kind="credit",
        amount=decision.amount,
        now=NOW,
    )


def credit_approved(decision: Decision, maker: User, checker: User) -> Payment:
    """Give an approved credit."""
    payment = credit_waiting(decision, maker)
    return payment_approve(
        acting(checker, NOW), payment, shown_digest=payment.content_digest, now=NOW
    )


def destination(
    of: Customer, *, is_verified: bool = True, asset: str = "USDT", address: str = ""
) -> Destination:
    """Give a destination of a customer, by default one that money may go to."""
    made = Destination.objects.create(
        customer=of,
        asset=asset,
        network="TRON",
        address=address or f"T{next(_numbers):033}",
        proposed_at=LONG_AGO,
    )
    if is_verified:
        _make_usable(made)
    return made


def _make_usable(made: Destination) -> None:
    number = made.pk  # No other process makes people of this name.
    made.status, made.verified_at, made.verified_how = "verified", LONG_AGO, "Called."
    made.verified_by, made.evidence = staff(f"verifier-{number}"), "Ticket 1"
    # Recent by the clock of the tests and by the one on the wall.
    made.screening, made.screened_by = "clear", "Screen"
    made.screened_at = max(NOW, timezone.now())
    made.save()
    made.status, made.approved_by = "approved", staff(f"approver-{number}")
    made.approved_at, made.usable_at = LONG_AGO, LONG_AGO + timedelta(days=2)
    made.save()
