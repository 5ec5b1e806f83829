"""The instruction file of a batch: header, lines, control line; written whole."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from recovery.domain.errors import NotReadyError
from recovery.domain.money import format_amount
from recovery.domain.words import PaymentKind
from recovery.models import Payment, PayoutBatch
from recovery.services.fail_points import fail_point
from recovery.services.payment_content import payment_leaves
from recovery.services.whole_files import whole_file

_COLUMNS = {
    PaymentKind.CREDIT: (
        "line",
        "payment_reference",
        "event_reference",
        "account",
        "asset",
        "amount",
    ),
    PaymentKind.GOODWILL: (
        "line",
        "payment_reference",
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
        "of_asset",
        "of_amount",
        "fee_from_customer",
        "fee_from_house",
    ),
}
# A version of the layout per kind: a withdrawal says since 2 what it is taken from.
_VERSIONS = {
    PaymentKind.CREDIT: 1,
    PaymentKind.GOODWILL: 1,
    PaymentKind.WITHDRAWAL: 2,
}


def batch_file(batch: PayoutBatch, payments: Sequence[Payment]) -> str:
    """The instruction file: header, lines, a control line with count and totals.

    The file names the batch and its control figures, so that a cut-off copy shows.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    kind = PaymentKind(batch.kind)
    layout = f"#recovery-desk,{kind}-instruction,{_VERSIONS[kind]}"
    writer.writerow([layout, batch.reference])
    writer.writerow(_COLUMNS[kind])
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
    if payment.kind == PaymentKind.GOODWILL:
        # No event: booked beside it, as a goodwill row, not as a credit of it.
        account = payment.event.account.number
        return [str(number), payment.reference, account, payment.asset, amount]
    to = payment.destination
    if to is None:
        raise NotReadyError(f"{payment.reference} has no destination.")
    leaves = payment_leaves(payment)
    return [
        str(number),
        payment.reference,
        payment.hold_reference,
        leaves.asset,
        format_amount(leaves.amount),
        to.network,
        to.address,
        to.memo,
        payment.asset,
        amount,
        format_amount(payment.fee_amount),
        format_amount(payment.house_fee_amount),
    ]


def batch_path(batch: PayoutBatch) -> Path:
    """Where the file of a released batch lies."""
    return settings.FILES_DIR / "batches" / batch.file_name


def batch_file_write(name: str, text: str) -> None:
    """Write a batch file beside its place and move it there: never half of one."""
    target = settings.FILES_DIR / "batches" / name
    with whole_file(target) as part:
        part.write_bytes(text.encode())
        part.chmod(0o600)
        fail_point("batch.part_written")
