"""What one kind answers: figures by name, and lines where money moved."""

from typing import NamedTuple

from recovery.domain.settlement_case import ResultValue, SettlementLine

Values = dict[str, ResultValue]

NONE = "none"  # A value that does not exist.


class Answer(NamedTuple):
    """Figures that can be known, and the waterfall they come from."""

    values: Values
    lines: tuple[SettlementLine, ...] = ()
