"""What interpreting a record can give, and what is noticed on the way."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.ledger import (
    EngineStep,
    FundingRate,
    LedgerLine,
    MarkPrice,
    PositionStated,
    ReferenceRow,
    RowProblem,
)

WARNINGS_KEPT = 200


class Ignored(NamedTuple):
    """A record that is understood and left out, with the reason."""

    row_number: int
    reason: str


Outcome = (
    LedgerLine
    | EngineStep
    | MarkPrice
    | FundingRate
    | PositionStated
    | ReferenceRow
    | Ignored
    | RowProblem
)


class RowWarning(NamedTuple):
    """A row whose own columns contradict each other; the row is kept as it is.

    `gap` is what the row's total has too much (+) or too little (-).
    """

    row_number: int
    check: str
    gap: Decimal


@dataclass(slots=True)
class Notices:
    """What a reader of the import should know beside the row problems.

    Attributes:
        warnings: rows that contradict themselves, the first 200.
        warning_count: how many there were.
        unknown_operations: row types that are not in the profile, counted.
        left_out: amounts in another asset than their row's, such as `Fee in BNB`:
            they stay in the raw rows and are no part of the row's amount.
    """

    warnings: list[RowWarning] = field(default_factory=list)
    warning_count: int = 0
    unknown_operations: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def warn(self, warning: RowWarning) -> None:
        """Keep a warning, or at least count it."""
        self.warning_count += 1
        if len(self.warnings) < WARNINGS_KEPT:
            self.warnings.append(warning)
