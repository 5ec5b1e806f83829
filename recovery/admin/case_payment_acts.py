"""What may be paid on a case: credit, conversion, withdrawal, within what is owed."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from recovery.admin.acts import Act, Data
from recovery.admin.case_decisions import decision_in_force
from recovery.admin.case_forms import (
    ConversionForm,
    CreditForm,
    WithdrawalForm,
    positive_text,
)
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount
from recovery.domain.words import DecisionKind, PaymentKind
from recovery.models import Decision, RecoveryCase
from recovery.services.actors import Actor
from recovery.services.conversions import Quote, conversion_record
from recovery.services.payments import payment_headroom, payment_propose


def _is_owed(case: RecoveryCase, kind: PaymentKind) -> Decision | None:
    decision = decision_in_force(case)
    if decision is None or decision.kind != DecisionKind.OWED:
        return None
    return decision if _left(case, decision, kind) > ZERO else None


def _left(case: RecoveryCase, decision: Decision, kind: PaymentKind) -> Decimal:
    """The headroom, reckoned once for a case in hand: several acts ask for it."""
    known: dict[str, Any] = vars(case).setdefault("_desk_headroom", {})
    if kind not in known:
        known[kind] = payment_headroom(decision, kind)
    left: Decimal = known[kind]
    return left


def _may_pay(kind: PaymentKind) -> Callable[[Actor, RecoveryCase], bool]:
    def fits(_actor: Actor, case: RecoveryCase) -> bool:
        return _is_owed(case, kind) is not None

    return fits


def _headroom(kind: PaymentKind) -> Callable[[Actor, RecoveryCase], Data]:
    def initial(_actor: Actor, case: RecoveryCase) -> Data:
        decision = _is_owed(case, kind)
        amount = _left(case, decision, kind) if decision else ZERO
        return {"amount": positive_text(amount)}

    return initial


def _require_in_force(case: RecoveryCase) -> Decision:
    decision = decision_in_force(case)
    if decision is None:
        raise NotReadyError("There is no approved decision on this case.")
    return decision


def _pay(kind: PaymentKind) -> Callable[[Actor, RecoveryCase, Data, datetime], object]:
    def run(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> object:
        decision = _require_in_force(case)
        details: dict[str, Any] = {
            key: data[key]
            for key in ("destination", "hold_reference", "conversion")
            if key in data
        }
        return payment_propose(
            actor, decision, kind=kind, amount=data["amount"], now=now, **details
        )

    return run


def _convert(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> str:
    decision = _require_in_force(case)
    names = ("currency", "rate", "source", "quoted_at", "valid_until")
    quote = Quote(**{name: data[name] for name in names})
    made = conversion_record(actor, decision, data["amount"], quote, now=now)
    given = f"{format_amount(made.to_amount)} {made.to_asset}"
    return f"Recorded: {made} gives {given}. Propose the withdrawal with it."


PAYMENT_ACTS = (
    Act(
        "credit",
        "Propose a credit",
        _pay(PaymentKind.CREDIT),
        "Credit proposed. A checker must approve it.",
        frozenset({Duty.PROPOSE_PAYMENT}),
        CreditForm,
        _may_pay(PaymentKind.CREDIT),
        _headroom(PaymentKind.CREDIT),
        tone="primary",
        hint="To the customer's own balance. Filled in with what is still owed.",
    ),
    Act(
        "withdrawal",
        "Propose a withdrawal",
        _pay(PaymentKind.WITHDRAWAL),
        "Withdrawal proposed. A checker must approve it.",
        frozenset({Duty.PROPOSE_PAYMENT}),
        WithdrawalForm,
        _may_pay(PaymentKind.WITHDRAWAL),
        _headroom(PaymentKind.WITHDRAWAL),
        hint="Of credited money, to a verified destination on file.",
    ),
    Act(
        "conversion",
        "Record a conversion",
        _convert,
        "Recorded.",
        frozenset({Duty.PROPOSE_PAYMENT}),
        ConversionForm,
        _may_pay(PaymentKind.WITHDRAWAL),
        _headroom(PaymentKind.WITHDRAWAL),
        hint="Before a withdrawal to a bank: the rate that is sealed with it.",
    ),
)
