"""The items of one event, as a stretch of an account's history."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from recovery.domain.history import Fill, Item, Movement
from recovery.domain.ledger import ZERO, EventMarker, LedgerRole
from recovery.domain.words import EventKind

RESULT_ROLES = frozenset({LedgerRole.PNL, LedgerRole.ADL})


@dataclass(slots=True)
class EventWindow:
    """The items of one event, as positions in the account's item list.

    Attributes:
        before: How many items stand before the first one of the event.
        items: Every item inside the window that belongs to the scope.
        credits: Later credits that name the event.
        forced: Forced fills of the instrument; none where rows tell no sizes.
        markers: What was forced, as rows without sizes say it.
    """

    instrument: str
    before: int
    items: list[Item] = field(default_factory=list)
    credits: list[Movement] = field(default_factory=list)
    reference: str = ""
    last_index: int = 0
    forced: list[Fill] = field(default_factory=list)
    markers: set[EventMarker] = field(default_factory=set)

    @property
    def fills(self) -> list[Fill]:
        """Forced fills and, between them, the customer's own and other positions'."""
        return [item for item in self.items if isinstance(item, Fill)]

    @property
    def started_at(self) -> datetime:
        """Instant of the first item."""
        return self.items[0].at

    @property
    def ended_at(self) -> datetime:
        """Instant of the last item."""
        return max(item.at for item in self.items)

    @property
    def position_after(self) -> Decimal | None:
        """Signed size after the last forced fill, where the records tell.

        Fills of one instant may stand in any order: the smallest size came last.
        """
        told = None
        for fill in reversed(self.forced):
            after = fill.position_after
            if fill.at != self.forced[-1].at:
                break
            if after is not None and (told is None or abs(after) < abs(told)):
                told = after
        return told

    @property
    def position_before(self) -> Decimal | None:
        """Signed size before the first forced fill, where the records tell."""
        return self.forced[0].position_before if self.forced else None

    @property
    def has_results_apart(self) -> bool:
        """Whether results stand in rows of their own, without the fills they are of."""
        return any(
            isinstance(item, Movement)
            and item.entry.line.role in RESULT_ROLES
            and item.entry.line.instrument in ("", self.instrument)
            for item in self.items
        )

    def goes_on_with(self, fill: Fill) -> bool:
        """Whether a forced fill of the same instrument belongs to this event."""
        if self.reference or fill.event_reference:
            return self.reference == fill.event_reference
        return self.position_after != ZERO or fill.at == self.forced[-1].at

    @property
    def kind(self) -> EventKind:
        """What happened, by the markers and by what is left."""
        markers = {fill.marker for fill in self.forced} or self.markers
        if markers == {EventMarker.ADL}:
            return EventKind.ADL
        is_partial = not self.forced and markers == {EventMarker.REDUCTION}
        if is_partial or self.position_after not in (None, ZERO):
            return EventKind.POSITION_REDUCTION
        return EventKind.LIQUIDATION

    def close(self, items: Sequence[Item]) -> None:
        """Take every item between first and last into the window, in order.

        The scope's balance runs through all of them, so a line left out (funding
        between two reductions, a transfer) would open a gap in the arithmetic.
        """
        inside = items[self.before : self.last_index + 1]
        credit_ids = {id(credit) for credit in self.credits}
        self.items = [item for item in inside if id(item) not in credit_ids]
