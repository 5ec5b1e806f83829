"""Batches: approved payments leave in one file, and files bring the outcome back."""

import csv
import hashlib
import io
import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.models import User
from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.duties import Duty
from recovery.domain.errors import FileRejectedError, NotReadyError, SamePersonError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PaymentAction, PaymentStatus
from recovery.domain.money import format_amount
from recovery.domain.references import grouped_reference
from recovery.domain.words import PaymentKind
from recovery.models import LedgerEntry, Payment, PayoutBatch, RecoveryCase
from recovery.services.actors import (
    SYSTEM,
    Actor,
    require_duty,
    require_fresh_factor,
    require_staff,
)
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.destinations import leaves_by
from recovery.services.mails import mail_case_news
from recovery.services.payments import payment_content
from recovery.services.transitions import payment_move

_COLUMNS = {
    PaymentKind.CREDIT: (
        "line",
        "payment_reference",
        "event_reference",
        "account",
        "asset",
        "amount",
    ),
    PaymentKind.WITHDRAWAL: (
        "line",
        "payment_reference",
        "hold_reference",
        "asset",
        "amount",
        "network",
        "address",
        "memo",
    ),
}


@transaction.atomic
def batch_build(
    actor: Actor, kind: PaymentKind, *, now: datetime, lines_max: int = 5000
) -> PayoutBatch:
    """Gather every approved payment of a kind into a new batch.

    Each payment is claimed under its row lock, so that any number of builders at
    once put it into exactly one batch.

    Raises:
        NotReadyError: Nothing approved is waiting.
        DutyMissingError: The actor builds no batches.
    """
    builder = require_staff(actor, Duty.BUILD_BATCH)
    payments = list(
        Payment.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("decision__result__assessment", "destination", "case__event")
        .filter(leaves_by(now), status=PaymentStatus.APPROVED, kind=kind)
        .order_by("id")[:lines_max]
    )
    if not payments:
        raise NotReadyError("No approved payment of this kind is waiting.")
    for payment in payments:
        _require_sealed(payment)
    batch = PayoutBatch.objects.create(
        reference=grouped_reference("PB", secrets.token_bytes(5)),
        kind=kind,
        built_by=builder,
        built_at=now,
        lines=len(payments),
        totals=batch_totals(payments),
        hash_total=batch_hash_total(payments),
    )
    for payment in payments:
        payment.batch = batch
        payment_move(actor, payment, PaymentAction.ADD_TO_BATCH, now=now)
    audit_write(actor, "batch.build", f"batch {batch.reference}", lines=batch.lines)
    return batch


def batch_totals(payments: Sequence[Payment]) -> dict[str, str]:
    """Sum per asset, as decimal strings."""
    totals: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for payment in payments:
        totals[payment.asset] += payment.amount
    return {asset: format_amount(total) for asset, total in sorted(totals.items())}


def batch_hash_total(payments: Sequence[Payment]) -> str:
    """One digest over every line's sealed content, in the order of the references."""
    digests = sorted(payment.content_digest for payment in payments)
    return digest_text("\n".join(digests))


def _require_sealed(payment: Payment) -> None:
    now = digest_text(canonical_json(payment_content(payment)))
    if now != payment.content_digest or now != payment.approval.content_digest:
        raise NotReadyError(
            f"{payment.reference}: what was approved is not what stands there now."
        )


def batch_release(actor: Actor, batch: PayoutBatch, *, now: datetime) -> PayoutBatch:
    """Release a batch: its file is written and its payments count as sent.

    Raises:
        SamePersonError: The actor built it or proposed a line of it.
        FreshFactorNeededError: The last second factor is too long ago.
        NotReadyError: It is released already, or its lines changed.
        DutyMissingError: The actor releases no batches.
    """
    with refusal_recorded(actor, f"batch {batch.reference}"):
        return _release(actor, batch, now)


@transaction.atomic
def _release(actor: Actor, batch: PayoutBatch, now: datetime) -> PayoutBatch:
    releaser = require_staff(actor, Duty.RELEASE_BATCH)
    batch = PayoutBatch.objects.select_for_update().get(pk=batch.pk)
    payments = list(
        batch.payments.select_for_update(of=("self",))
        .select_related("decision__result__assessment", "destination", "case__event")
        .order_by("id")
    )
    _require_releasable(releaser, batch, payments)
    require_fresh_factor(actor, now=now)
    text = batch_file(batch, payments)
    batch.released_by = releaser
    batch.released_at = now
    batch.file_name = f"{batch.kind}-{batch.reference}.csv"
    batch.file_sha256 = hashlib.sha256(text.encode()).hexdigest()
    batch.save()
    for payment in payments:
        payment_move(actor, payment, PaymentAction.SEND, now=now)
    audit_write(
        actor,
        "batch.release",
        f"batch {batch.reference}",
        lines=batch.lines,
        totals=batch.totals,
        file=batch.file_sha256,
    )
    _write_file(batch.file_name, text)
    return batch


def _require_releasable(
    releaser: User, batch: PayoutBatch, payments: Sequence[Payment]
) -> None:
    if batch.released_by_id is not None:
        raise NotReadyError("This batch is released already.")
    touched = {batch.built_by_id, *(payment.proposer_id for payment in payments)}
    if releaser.pk in touched:
        raise SamePersonError(
            releaser.username, "built this batch or proposed a line of it"
        )
    for payment in payments:
        _require_sealed(payment)
    same = (len(payments), batch_totals(payments), batch_hash_total(payments))
    if same != (batch.lines, batch.totals, batch.hash_total):
        raise NotReadyError("The lines are not those the batch was built from.")


def batch_file(batch: PayoutBatch, payments: Sequence[Payment]) -> str:
    """The instruction file: header, lines, a control line with count and totals.

    The file names the batch and its control figures, so that a cut-off copy shows.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([f"#recovery-desk,{batch.kind}-instruction,1", batch.reference])
    writer.writerow(_COLUMNS[PaymentKind(batch.kind)])
    for number, payment in enumerate(payments, start=1):
        writer.writerow(_file_row(number, payment))
    sums = [f"sum:{asset}={total}" for asset, total in batch.totals.items()]
    writer.writerow(
        ["#control", f"lines={batch.lines}", *sums, f"hash={batch.hash_total}"]
    )
    return out.getvalue()


def _file_row(number: int, payment: Payment) -> list[str]:
    amount = format_amount(payment.amount)
    if payment.kind == PaymentKind.CREDIT:
        event = payment.event
        return [
            str(number),
            payment.reference,
            event.source_reference or event.reference,
            event.account.number,
            payment.asset,
            amount,
        ]
    to = payment.destination
    if to is None:
        raise NotReadyError(f"{payment.reference} has no destination.")
    return [
        str(number),
        payment.reference,
        payment.hold_reference,
        payment.asset,
        amount,
        to.network,
        to.address,
        to.memo,
    ]


def batch_path(batch: PayoutBatch) -> Path:
    """Where the file of a released batch lies."""
    return settings.FILES_DIR / "batches" / batch.file_name


def _write_file(name: str, text: str) -> None:
    folder = settings.FILES_DIR / "batches"
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / f".{name}.part"
    whole.write_bytes(text.encode())
    whole.chmod(0o600)
    whole.replace(folder / name)


@transaction.atomic
def payments_post(entries: Sequence[LedgerEntry], *, now: datetime) -> int:
    """Mark credits as posted that appear in the platform's own ledger.

    A house credit row carries the payment reference as its order id. Account, asset
    and amount must be those of the payment; else it stays sent and the row stays a
    credit without a payment, which the assessment shows.
    """
    by_reference = {entry.order_id: entry for entry in entries}
    waiting = (
        Payment.objects.select_for_update(of=("self",))
        .select_related("case", "event__account")
        .filter(
            reference__in=by_reference,
            kind=PaymentKind.CREDIT,
            status__in=[PaymentStatus.SENT, PaymentStatus.UNCERTAIN],
        )
        .order_by("case_id", "id")
    )
    posted = 0
    for payment in waiting:
        entry = by_reference[payment.reference]
        same = (entry.account_id, entry.asset, entry.amount) == (
            payment.event.account_id,
            payment.asset,
            payment.amount,
        )
        if not same:
            continue
        payment.confirmation_reference = f"house:{entry.source_id or entry.pk}"
        payment_move(
            SYSTEM, payment, PaymentAction.POST, now=now, reason="Seen in the ledger."
        )
        mail_case_news(payment.case, "credit.posted", key=f"posted-{payment.pk}")
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
    for number, row in enumerate(rows, start=2):
        counts[_confirm(actor, number, row, now)] += 1
    audit_write(actor, "payout.confirmations", "confirmation file", lines=dict(counts))
    return dict(counts)


def _confirm(actor: Actor, number: int, row: dict[str, str], now: datetime) -> str:
    reference = (row.get("payment_reference") or "").strip()
    status = (row.get("status") or "").strip().lower()
    if status not in _OUTCOMES:
        raise FileRejectedError(
            f"Line {number}, status “{status}”: write confirmed, returned or uncertain."
        )
    payment = (
        Payment.objects.select_for_update(of=("self",))
        .filter(reference=reference, kind=PaymentKind.WITHDRAWAL)
        .first()
    )
    if payment is None:
        raise FileRejectedError(
            f"Line {number}, payment_reference “{reference}”: no such withdrawal here."
        )
    stated = ((row.get("asset") or "").strip(), (row.get("amount") or "").strip())
    if stated != (payment.asset, format_amount(payment.amount)):
        raise FileRejectedError(
            f"Line {number}: {reference} is {format_amount(payment.amount)} "
            f"{payment.asset}, the file says {stated[1]} {stated[0]}."
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
    case = RecoveryCase.objects.get(pk=payment.case_id)
    payment_move(actor, payment, _OUTCOMES[status], now=now, reason=proof)
    mail_case_news(case, f"payout.{status}", key=f"{status}-{payment.pk}")
    return status
