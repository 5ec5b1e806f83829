"""Positions replayed from an account's own fills, held against stated ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from recovery.domain.history import Fill, Item
from recovery.domain.money import exact
from recovery.domain.opening import Holding


@dataclass(frozen=True, slots=True)
class PositionCheck:
    """A stated position beside the replayed one; signed contracts.

    `replayed` is None where the rows cannot tell what was held.
    """

    at: datetime
    stated: Decimal
    replayed: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """Stated less replayed; None where nothing can be compared."""
        if self.replayed is None:
            return None
        with exact():
            return self.stated - self.replayed


def positions_checked(
    items: Iterable[Item], instrument: str, stated: Sequence[tuple[datetime, Decimal]]
) -> list[PositionCheck]:
    """Hold stated positions of one instrument against the fills up to each instant.

    Args:
        items: All items of one account, oldest first.
        stated: Instants with the position then, oldest first.
    """
    fills = [
        item
        for item in items
        if isinstance(item, Fill) and item.instrument == instrument
    ]
    replay = _Replay(fills)
    return [PositionCheck(at, size, replay.size_at(at)) for at, size in stated]


class _Replay:
    """Fills taken one after the other, as far as an instant needs."""

    def __init__(self, fills: Sequence[Fill]) -> None:
        self._fills = fills
        self._next = 0
        self._holding = Holding()

    def size_at(self, at: datetime) -> Decimal | None:
        """The position right after everything booked up to an instant."""
        while self._next < len(self._fills) and self._fills[self._next].at <= at:
            with exact():
                self._holding.take(self._fills[self._next])
            self._next += 1
        if self._next:
            return self._holding.size
        # Before the first fill it was what that fill found.
        return self._fills[0].position_before if self._fills else None
