"""What the sheets of a workbook add up to, noted while their rows are written."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

from recovery.domain.ledger import ZERO
from recovery.selectors.workbook import ControlRow
from recovery.sheets.workbook_writer import Column
from recovery.sheets.xlsx_styles import Style

PLACES = 8
_STEP = Decimal("1e-8")
_DIGITS = 60
# Spreadsheets add with binary fractions: half the distance between two of them.
_UNIT_ERROR = Decimal(2) ** -53
_DIGESTED = frozenset({Style.TEXT, Style.CODE, Style.COUNT})


class Block(NamedTuple):
    """The rows of one sheet, without its header; a full sheet has a next one."""

    sheet: str
    first: int
    last: int

    def cells(self, letters: str) -> str:
        """Reference to one column of the rows."""
        return f"'{self.sheet}'!${letters}${self.first}:${letters}${self.last}"


@dataclass(slots=True)
class AssetTally:
    """Sums over the written rows of one asset, each row rounded to eight places."""

    number: int
    control: ControlRow
    results: int = 0
    residual: Decimal = ZERO
    received: Decimal = ZERO
    variance: Decimal = ZERO
    ties: Decimal = ZERO  # Variance of results that have no break.
    breaks: Counter[str] = field(default_factory=Counter)
    break_variance: dict[str, Decimal] = field(default_factory=dict)
    open_by_age: dict[str, Decimal] = field(default_factory=dict)
    payments: int = 0
    paid: Decimal = ZERO
    goodwill: Decimal = ZERO  # Of it.
    unclaimed: Decimal = ZERO
    unclaimed_rows: int = 0
    unclaimed_by_database: Decimal = ZERO

    @property
    def places(self) -> int:
        """To how many places sums of this asset can be held against each other."""
        return places_checked(self.control.results, self.control.gross)


class Tally:
    """Sums per asset, and the digest of all data rows."""

    def __init__(self, control: Sequence[ControlRow], as_of: datetime) -> None:
        self.as_of = as_of
        self.assets = {
            row.asset: AssetTally(number, row)
            for number, row in enumerate(control, start=1)
        }
        self.rows = 0
        self.lost_records = 0  # Of all imports, as absolute numbers.
        self.parts_left = ZERO  # Of all breaks, as absolute amounts.
        self._digest = hashlib.sha256()

    def number_of(self, asset: str) -> int:
        """The asset's number in this workbook; formulas match it, never the name."""
        return self.assets[asset].number

    def note_sheet(self, name: str) -> None:
        """Begin a sheet in the digest."""
        self._digest.update(_line([name]))

    def note_row(self, columns: Sequence[Column], cells: Sequence[object]) -> None:
        """Take a data row into the digest: its text and whole numbers.

        Rounded twins and formulas are left out; they follow from the rest.
        """
        kept = [
            "" if cell is None else cell
            for column, cell in zip(columns, cells, strict=True)
            if column.style in _DIGESTED and isinstance(cell, str | int | None)
        ]
        self._digest.update(_line(kept))
        self.rows += 1

    @property
    def digest(self) -> str:
        """SHA-256 of everything noted."""
        return self._digest.hexdigest()


def _line(values: Sequence[object]) -> bytes:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def rounded(amount: Decimal) -> Decimal:
    """The twin of an exact amount: eight places, half away from zero."""
    with localcontext(prec=_DIGITS):
        return amount.quantize(_STEP, ROUND_HALF_UP)


def places_checked(count: int, gross: Decimal) -> int:
    """Places to which a spreadsheet's sum of this size can be trusted.

    Args:
        count: How many amounts are added.
        gross: Sum of their absolute values.

    Returns:
        At most 8. Eight times the usual error of adding binary fractions stays
        below a quarter of the last place.
    """
    with localcontext(prec=_DIGITS):
        error = 8 * Decimal(max(count, 1)).sqrt() * _UNIT_ERROR * gross
        for places in range(PLACES, -1, -1):
            if error < Decimal(25).scaleb(-places - 2):
                return places
    return 0
