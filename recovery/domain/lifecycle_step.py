"""What every lifecycle is written in: a step, and the clock of a status."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from recovery.domain.duties import Duty


@dataclass(frozen=True, slots=True)
class Step:
    """What an action does from one status.

    Attributes:
        to_status: The status afterwards.
        duties: Any one of them allows the act.
        needs_second_person: The actor may not be who prepared it.
        needs_reason: A reason must be written down.
    """

    to_status: str
    duties: frozenset[Duty]
    needs_second_person: bool = False
    needs_reason: bool = False


Steps = Mapping[tuple[StrEnum, StrEnum], Step]


class ClockKind(StrEnum):
    """What is due when a clock runs out."""

    FIRST_REPLY = "first_reply"
    RESOLUTION = "resolution"
    CUSTOMER_ANSWER = "customer_answer"
    THIRD_PARTY_ANSWER = "third_party_answer"
    SECOND_PERSON = "second_person"
    PAYMENT = "payment"
    OUTCOME = "outcome"
    DESTINATION = "destination"
    DEFICIT_ANSWER = "deficit_answer"
    INSTALMENT = "instalment"
    QUIET = "quiet"  # After it a finished matter closes by itself.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Clock:
    """What is due after how long in a status.

    Attributes:
        kind: What is due.
        after: How long after the status began; None where nothing is due.
        is_paused: The promise to the customer does not run meanwhile.
    """

    kind: ClockKind
    after: timedelta | None = None
    is_paused: bool = False


NO_CLOCK = Clock(ClockKind.NONE, is_paused=True)


def step_of(
    to_status: str, *duties: Duty, second: bool = False, reason: bool = False
) -> Step:
    """A step as the tables write it."""
    return Step(to_status, frozenset(duties), second, reason)
