"""The data sheets of the workbook: their columns, and one row of each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount, parse_amount
from recovery.domain.words import EXPLAINED, HOLDING, BreakReason, PaymentKind
from recovery.selectors.unclaimed import Unclaimed
from recovery.selectors.workbook import (
    PaymentRow,
    ResultRow,
    SourceFileRow,
    amounts_read,
)
from recovery.services.workbook_columns import BUCKETS
from recovery.services.workbook_tally import Tally, rounded
from recovery.sheets.safe_text import LONGEST_CELL
from recovery.sheets.xlsx_cells import Cell, Formula

_BUCKET_ENDS = (1, 7, 30, 60, 90)
_PART_CLASSES = ("fee", "funding", "price", "missing", "short or over", "other")
_CLASS_OF_PART: Mapping[str, str] = MappingProxyType(
    {
        BreakReason.FEE_VARIANCE: "fee",
        BreakReason.FUNDING_VARIANCE: "funding",
        BreakReason.PRICE_VARIANCE: "price",
        BreakReason.CREDIT_MISSING: "missing",
        BreakReason.CREDIT_SHORT: "short or over",
        BreakReason.CREDIT_OVER: "short or over",
        BreakReason.CREDIT_DUPLICATE: "short or over",
    }
)


def liquidation_cells(row: ResultRow, _number: int, tally: Tally) -> list[Cell]:
    """One row of Liquidations; its amounts go into the tally."""
    residual, received, variance = _twins(row)
    if row.residual is not None:
        asset = tally.assets[row.asset]
        asset.results += 1
        asset.residual += residual or ZERO
        asset.received += received or ZERO
        asset.variance += variance or ZERO
        if row.break_state == "none":
            asset.ties += variance or ZERO
    return [
        *_event_cells(row),
        row.asset,
        tally.number_of(row.asset),
        *map(_twin, _line_amounts(row).values()),
        residual,
        _twin(row.deficit),
        received,
        variance,
        row.reason,
        row.break_state,
        _share(row.verified_share),
        row.assessment_number,
        row.case_reference,
        _exact(row.position_before),
        _exact(row.position_after),
        _exact(row.residual),
        _exact(row.deficit),
        _exact(row.received),
        _exact(row.variance),
        _named_amounts(_line_amounts(row)),
        row.digest or "",
    ]


def break_cells(row: ResultRow, number: int, tally: Tally) -> list[Cell]:
    """One row of Breaks; its amounts go into the tally."""
    residual, received, variance = _twins(row)
    since = row.break_opened_at or row.ended_at
    parts = _parts(row)
    by_class = _by_class(parts)
    days = max((tally.as_of - since).days, 0)
    bucket = bucket_of(days)
    check = _parts_check(number, by_class, variance or ZERO)
    tally.parts_left += abs(Decimal(check.cached))
    _note_break(row, variance or ZERO, bucket, tally)
    return [
        row.reference,
        row.case_reference,
        row.venue,
        row.account,
        row.asset,
        tally.number_of(row.asset),
        row.reason,
        _class_of_reason(row.reason),
        row.break_state,
        iso(since),
        days,
        bucket,
        residual,
        received,
        variance,
        *(amount or None for amount in by_class),
        check,
        _named_amounts(parts),
        _exact(row.residual),
        _exact(row.received),
        _exact(row.variance),
        row.digest or "",
    ]


def import_cells(row: SourceFileRow, number: int, tally: Tally) -> list[Cell]:
    """One row of Imports with its conservation check."""
    left = row.records - row.accepted - row.duplicate - row.ignored - row.rejected
    left = left if row.state == "loaded" else 0
    tally.lost_records += abs(left)
    check = Formula(
        f'IF(D{number}="loaded",I{number}-J{number}-K{number}-L{number}-M{number},0)',
        left,
    )
    return [
        row.id,
        row.name,
        row.provenance,
        row.state,
        row.venue,
        row.layout,
        row.kind,
        row.zone,
        row.records,
        row.accepted,
        row.duplicate,
        row.ignored,
        row.rejected,
        check,
        iso(row.first_at),
        iso(row.last_at),
        iso(row.received_at),
        iso(row.loaded_at),
        row.received_by,
        _fitting(row.refusal),
        row.sha256,
    ]


def payment_cells(row: PaymentRow, number: int, tally: Tally) -> list[Cell]:
    """One row of Payouts; its amount goes into the tally."""
    amount, fee = rounded(row.amount), rounded(row.fee_amount)
    asset = tally.assets[row.asset]
    asset.payments += 1
    asset.paid += amount
    if row.kind == PaymentKind.GOODWILL:
        asset.goodwill += amount
    return [
        row.reference,
        row.case_reference,
        row.event_reference,
        row.kind,
        row.asset,
        asset.number,
        amount,
        fee,
        Formula(f"ROUND(G{number}-H{number},8)", amount - fee),
        _masked(row),
        row.status,
        iso(row.status_since),
        row.proposer,
        iso(row.proposed_at),
        row.approver,
        iso(row.approved_at),
        row.batch,
        row.built_by,
        row.released_by,
        iso(row.released_at),
        row.confirmation,
        _exact(row.amount),
        _exact(row.house_fee),
        row.leaves_in,
        _exact(row.leaves),
        row.rate,
        row.batch_digest,
        row.content_digest,
    ]


def unclaimed_cells(row: Unclaimed, _number: int, tally: Tally) -> list[Cell]:
    """One row of Unclaimed; its amount goes into the tally."""
    amount = rounded(row.amount)
    asset = tally.assets[row.asset]
    asset.unclaimed += amount
    asset.unclaimed_rows += 1
    return [
        row.case_reference,
        row.kind,
        row.asset,
        asset.number,
        amount,
        iso(row.since),
        row.age_days,
        row.band,
        row.attempts,
        iso(row.last_attempt_at),
        row.release,
        _exact(row.amount),
    ]


def bucket_of(days: int) -> str:
    """The age bucket of a break that is so many days old."""
    for end, bucket in zip(_BUCKET_ENDS, BUCKETS, strict=False):
        if days <= end:
            return bucket
    return BUCKETS[-1]


def iso(at: datetime | None) -> str:
    """An instant as text, in UTC to the millisecond; empty when there is none."""
    if at is None:
        return ""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _event_cells(row: ResultRow) -> list[Cell]:
    return [
        row.reference,
        row.source_reference,
        row.venue,
        row.account,
        row.instrument,
        row.kind,
        iso(row.started_at),
        iso(row.ended_at),
    ]


def _line_amounts(row: ResultRow) -> dict[str, Decimal | None]:
    return {
        "opening balance": row.opening,
        "realised result": row.realised,
        "trading fee": row.trading_fee,
        "liquidation fee": row.liquidation_fee,
        "funding": row.funding,
        "fund movement": row.fund_movement,
        "other": row.other,
    }


def _twins(row: ResultRow) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Rounded residual, received and, as the difference of these two, variance."""
    if row.residual is None or row.received is None:
        return None, None, None
    residual, received = rounded(row.residual), rounded(row.received)
    return residual, received, received - residual


def _twin(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else rounded(amount)


def _share(share: Decimal | None) -> Decimal | None:
    return None if share is None else rounded(share)


def _exact(amount: Decimal | None) -> str:
    return "" if amount is None else format_amount(amount)


def _named_amounts(amounts: Mapping[str, Decimal | None]) -> str:
    return _fitting(
        "; ".join(
            f"{name} {format_amount(amount)}"
            for name, amount in amounts.items()
            if amount is not None
        )
    )


def _parts(row: ResultRow) -> dict[str, Decimal]:
    parts: dict[str, Decimal] = {}
    for part in amounts_read(row.parts) or []:
        amount = part["amount"]
        exact = amount if isinstance(amount, Decimal) else parse_amount(amount)
        parts[part["reason"]] = parts.get(part["reason"], ZERO) + exact
    return parts


def _by_class(parts: Mapping[str, Decimal]) -> list[Decimal]:
    sums = dict.fromkeys(_PART_CLASSES, ZERO)
    for reason, amount in parts.items():
        sums[_CLASS_OF_PART.get(reason, "other")] += amount
    return [rounded(amount) for amount in sums.values()]


def _parts_check(number: int, by_class: list[Decimal], variance: Decimal) -> Formula:
    # Each part and both balances were rounded to 8 places: 7 are free of that.
    left = sum(by_class, ZERO) - variance
    return Formula(f"ROUND(SUM(P{number}:U{number})-O{number},7)", round(left, 7))


def _class_of_reason(reason: str) -> str:
    if not reason:
        return "ties"
    if reason in EXPLAINED:
        return "explained"
    return "data held" if reason in HOLDING else "break"


def _note_break(row: ResultRow, variance: Decimal, bucket: str, tally: Tally) -> None:
    asset = tally.assets[row.asset]
    state = row.break_state
    asset.breaks[state] += 1
    asset.break_variance[state] = asset.break_variance.get(state, ZERO) + variance
    if state == "open":
        asset.open_by_age[bucket] = asset.open_by_age.get(bucket, ZERO) + variance


def _masked(row: PaymentRow) -> str:
    if not row.address:
        return ""
    return f"{row.network} {row.address[:6]}…{row.address[-4:]}"


def _fitting(text: str) -> str:
    """The text, or where it is too long for a cell, where it can be read whole."""
    if len(text) <= LONGEST_CELL:
        return text
    return f"{len(text)} characters: too long for a cell, see the page at the desk."
