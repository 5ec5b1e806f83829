"""What became of payments that were sent: seen in the ledger, or told by a file."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from recovery.domain.duties import Duty
from recovery.domain.errors import FileRejectedError
from recovery.domain.lifecycle import PaymentAction, PaymentStatus
from recovery.domain.money import format_amount
from recovery.domain.words import PaymentKind
from recovery.models import LedgerEntry, Payment
from recovery.services.actors import SYSTEM, Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.fail_points import fail_point
from recovery.services.payment_content import payment_leaves
from recovery.services.transitions import payment_move

# How the platform names a row of its ledger that books goodwill.
GOODWILL_ROW = "goodwill"
_POSTED_KINDS = (PaymentKind.CREDIT, PaymentKind.GOODWILL)


@transaction.atomic
def payments_post(entries: Sequence[LedgerEntry], *, now: datetime) -> int:
    """Mark credits as posted that appear in the platform's own ledger.

    A house credit row carries the payment reference as its order id. Account, asset
    and amount must be those of the payment; else it stays sent and the row stays a
    credit without a payment, which the assessment shows. Goodwill is posted by a
    goodwill row only: booked as a credit it would be taken for what was owed.
    """
    by_reference = {entry.order_id: entry for entry in entries}
    waiting = (
        Payment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("case", "event__account")
        .filter(
            reference__in=by_reference,
            kind__in=_POSTED_KINDS,
            status__in=[PaymentStatus.SENT, PaymentStatus.UNCERTAIN],
        )
        .order_by("id")
    )
    posted = 0
    for payment in waiting:
        entry = by_reference[payment.reference]
        same = (entry.account_id, entry.asset, entry.amount) == (
            payment.event.account_id,
            payment.asset,
            payment.amount,
        )
        is_goodwill = payment.kind == PaymentKind.GOODWILL
        if not same or is_goodwill != (entry.operation == GOODWILL_ROW):
            continue
        payment.confirmation_reference = f"house:{entry.source_id or entry.pk}"
        payment_move(
            SYSTEM, payment, PaymentAction.POST, now=now, reason="Seen in the ledger."
        )
        posted += 1
    return posted


_OUTCOMES = {
    "confirmed": PaymentAction.CONFIRM,
    "returned": PaymentAction.MARK_RETURNED,
    "uncertain": PaymentAction.MARK_UNCERTAIN,
}


@transaction.atomic
def confirmations_read(actor: Actor, text: str, *, now: datetime) -> dict[str, int]:
    """Read a confirmation file for withdrawals: all lines, or none.

    Columns: payment_reference, status (confirmed, returned, uncertain),
    confirmation_reference, asset, amount.

    Raises:
        FileRejectedError: A line cannot be taken; line, value and remedy are named.
        DutyMissingError: The actor confirms no payments.
    """
    require_duty(actor, Duty.CONFIRM_PAYMENT)
    counts: dict[str, int] = defaultdict(int)
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff")), strict=True))
    if not rows:
        raise FileRejectedError("The file holds no lines below its header.")
    withdrawals = _locked(rows)
    for number, row in enumerate(rows, start=2):
        counts[_confirm(actor, withdrawals, number, row, now)] += 1
    audit_write(actor, "payout.confirmations", "confirmation file", lines=dict(counts))
    fail_point("confirmations.read")
    return dict(counts)


def _reference(row: dict[str, str]) -> str:
    return (row.get("payment_reference") or "").strip()


def _locked(rows: Sequence[dict[str, str]]) -> dict[str, Payment]:
    """The withdrawals a file speaks of, locked in the order every act locks them."""
    found = (
        Payment.objects.select_for_update(of=("self",), no_key=True)
        .filter(reference__in=map(_reference, rows), kind=PaymentKind.WITHDRAWAL)
        .order_by("id")
    )
    return {payment.reference: payment for payment in found}


def _confirm(
    actor: Actor,
    withdrawals: Mapping[str, Payment],
    number: int,
    row: dict[str, str],
    now: datetime,
) -> str:
    reference = _reference(row)
    status = (row.get("status") or "").strip().lower()
    if status not in _OUTCOMES:
        raise FileRejectedError(
            f"Line {number}, status “{status}”: write confirmed, returned or uncertain."
        )
    payment = withdrawals.get(reference)
    if payment is None:
        raise FileRejectedError(
            f"Line {number}, payment_reference “{reference}”: no such withdrawal here."
        )
    stated = ((row.get("asset") or "").strip(), (row.get("amount") or "").strip())
    leaves = payment_leaves(payment)
    if stated != (leaves.asset, format_amount(leaves.amount)):
        raise FileRejectedError(
            f"Line {number}: {reference} is {format_amount(leaves.amount)} "
            f"{leaves.asset}, the file says {stated[1]} {stated[0]}."
        )
    proof = (row.get("confirmation_reference") or "").strip()
    if status == "confirmed":
        if not proof:
            raise FileRejectedError(
                f"Line {number}: a confirmed payment needs its confirmation_reference."
            )
        if payment.confirmation_reference == proof:
            return "already"
        payment.confirmation_reference = proof
    payment_move(actor, payment, _OUTCOMES[status], now=now, reason=proof)
    if status == "returned":
        # It never goes out again by itself: a person must say where to.
        payment_move(actor, payment, PaymentAction.ASK_DESTINATION, now=now)
    return status
