"""Who walks, and what they share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.people import Claimant, Colleague
from tests.journeys.running_desk import RunningDesk


@dataclass
class Walk:
    """The desk and the people of the walk, each in a browser of their own."""

    desk: RunningDesk
    folder: Path
    errors: list[str]
    sam: Colleague
    ada: Colleague
    max: Colleague
    bea: Colleague
    rio: Colleague
    new_claimant: Callable[[], Claimant]

    @contextmanager
    def refusal_provoked(self) -> Iterator[None]:
        """Take out what a browser notes of an answer that is meant as a refusal."""
        before = list(self.errors)
        yield
        kept = [note for note in self.errors if "status of 409" not in note]
        self.errors[:] = before + kept[len(before) :]
