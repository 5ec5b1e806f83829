"""What staff say row types mean that no profile knows: looked up when rows are read."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole
from recovery.domain.rulebook import Period
from recovery.venues.operation_rules import folded_operation
from recovery.venues.profile import OperationRule
from recovery.venues.row_parts import Parts, settled_role


class OperationKey(NamedTuple):
    """A row type in one layout of a venue, whatever the layout's generation."""

    venue: str
    layout: str
    operation: str  # Folded.


class OperationMeaning(NamedTuple):
    """One approved version of what a row type means, and when."""

    key: OperationKey
    version: int
    period: Period
    role: LedgerRole
    marker: EventMarker

    @property
    def name(self) -> str:
        """How a receipt names it."""
        venue, layout, operation = self.key
        return f"{venue} {layout} “{operation}” v{self.version}"


def line_meant(line: LedgerLine, meaning: OperationMeaning) -> LedgerLine:
    """A line of an unknown row type, with the role staff gave it."""
    role, parts = settled_role(
        OperationRule(meaning.role),
        line.amount,
        Parts(line.fee_amount, line.funding_amount, line.liquidation_fee_amount),
    )
    return line._replace(
        role=role,
        marker=meaning.marker or line.marker,
        fee_amount=parts.fee,
        funding_amount=parts.funding,
        liquidation_fee_amount=parts.liquidation_fee,
    )


def operation_key(venue: str, layout: str, operation: str) -> OperationKey:
    """The key of a row type, as its file writes it.

    Args:
        layout: Its code, with or without the generation.
    """
    return OperationKey(venue, layout_code(layout), folded_operation(operation))


def layout_code(layout: str) -> str:
    """The code of a layout that is named by code and generation."""
    return layout.partition(" ")[0]


class OperationMeanings:
    """Meanings of unknown row types: the highest version whose period holds counts.

    A version that says UNKNOWN takes back what an earlier one said.

    Args:
        meanings: Approved versions, in any order.
        files: Venue and layout of each file that may hold such rows, by its SHA-256.
    """

    def __init__(
        self,
        meanings: Iterable[OperationMeaning],
        files: Mapping[str, tuple[str, str]],
    ) -> None:
        self._files = files
        self._versions: dict[OperationKey, list[OperationMeaning]] = {}
        for one in sorted(meanings, key=lambda one: -one.version):
            self._versions.setdefault(one.key, []).append(one)

    def with_version(self, meaning: OperationMeaning) -> "OperationMeanings":
        """The same with one version more, as if it were approved."""
        known = [one for versions in self._versions.values() for one in versions]
        return OperationMeanings([*known, meaning], self._files)

    def __bool__(self) -> bool:
        """Whether anything is approved."""
        return bool(self._versions)

    def of_file(self, sha256: str, venue: str, layout: str) -> "OperationMeanings":
        """The same, with one file more whose rows may be asked for."""
        known = [one for versions in self._versions.values() for one in versions]
        return OperationMeanings(known, {**self._files, sha256: (venue, layout)})

    def instants(self, venue: str, layout: str) -> list[datetime]:
        """When a meaning of the layout begins or ends, in order."""
        code = layout_code(layout)
        periods = (
            one.period
            for key, versions in self._versions.items()
            if (key.venue, key.layout) == (venue, code)
            for one in versions
        )
        found = {at for one in periods for at in one if at}
        return sorted(found)

    def meaning(
        self, sha256: str, operation: str, at: datetime
    ) -> OperationMeaning | None:
        """What a row type of a file means at an instant; None where nobody said."""
        venue, layout = self._files.get(sha256, ("", ""))
        versions = self._versions.get(operation_key(venue, layout, operation), ())
        holding = next((one for one in versions if one.period.holds(at)), None)
        if holding is None or holding.role is LedgerRole.UNKNOWN:
            return None
        return holding
