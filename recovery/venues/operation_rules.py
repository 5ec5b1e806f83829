"""What a row type means: by its exact name, its folded name, its parts, a pattern."""

import re
import unicodedata

from recovery.venues.names import REFERENCE_LENGTH, REMEMBERED
from recovery.venues.outcomes import Notices
from recovery.venues.profile import UNKNOWN_OPERATION, Layout, OperationRule

PART_MARK = " / "


class OperationRules(dict[str, OperationRule]):
    """Row types as the file writes them to their rules, remembered.

    Venues change letter case and spacing between generations of one file. A row type
    joined from several columns is looked up as a whole, by the patterns, then by its
    last part, and so on. What nothing fits is unknown, and counted for every row of it.
    """

    def __init__(self, layout: Layout, notices: Notices) -> None:
        super().__init__(layout.operations)
        self._notices = notices
        self._folded = {
            folded_operation(name): rule for name, rule in layout.operations.items()
        }
        self._patterns = [
            (re.compile(pattern, re.IGNORECASE), rule)
            for pattern, rule in layout.operation_patterns.items()
        ]

    def __missing__(self, text: str) -> OperationRule:
        rule = self._found(text) or UNKNOWN_OPERATION
        if len(text) <= REFERENCE_LENGTH and len(self) < REMEMBERED:
            self[text] = rule
        return rule

    def count_unknown(self, text: str) -> None:
        """Count one row of a type that nobody knows; the row is kept."""
        self._notices.unknown_operations[text.strip()[:REFERENCE_LENGTH]] += 1

    def _found(self, text: str) -> OperationRule | None:
        if whole := self._folded.get(folded_operation(text)):
            return whole
        for pattern, rule in self._patterns:
            if pattern.search(text):
                return rule
        parts = (folded_operation(part) for part in reversed(text.split(PART_MARK)))
        return next(
            (self._folded[part] for part in parts if part in self._folded), None
        )


def folded_operation(name: str) -> str:
    """A row type as it is compared: letter case and spacing do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
