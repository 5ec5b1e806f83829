"""Row identities: what a row's own columns must add up to."""

from recovery.domain.ledger import ZERO
from recovery.sheets.records import Cells
from recovery.venues.cells import FileColumns
from recovery.venues.numbers import total
from recovery.venues.outcomes import Notices, RowWarning


class RowChecker:
    """Checks the identities of a layout on every row."""

    def __init__(self, columns: FileColumns, notices: Notices) -> None:
        self._columns = columns
        self._notices = notices
        self._checks = [
            (
                check,
                columns.reading(check.left, columns.optional_numbers.__getitem__),
                [
                    (
                        columns.reading(
                            term.column, columns.optional_numbers.__getitem__
                        ),
                        term.sign,
                    )
                    for term in check.terms
                ],
            )
            for check in columns.layout.checks
        ]

    def check(self, number: int, cells: Cells) -> None:
        """Warn where an identity is broken; the row stays as it is."""
        numbers = self._columns.optional_numbers
        for check, left, terms in self._checks:
            values = [(numbers[cells[at]], sign) for at, sign in terms]
            stated = [
                value if sign > 0 else value.copy_negate()
                for value, sign in values
                if value is not None
            ]
            if not stated:
                continue
            whole = numbers[cells[left]] or ZERO
            gap = total(whole, *(value.copy_negate() for value in stated))
            if gap.copy_abs() > check.tolerance:
                self._notices.warn(RowWarning(number, check.name, gap))
