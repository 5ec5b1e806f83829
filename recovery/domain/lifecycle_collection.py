"""The lifecycle of a collection: what becomes of a deficit somebody must bear.

Source: design §6, ANCHORS §4.2 (deficit states).
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from recovery.domain.duties import Duty
from recovery.domain.errors import TransitionRefusedError
from recovery.domain.lifecycle_step import NO_CLOCK, Clock, ClockKind, Step, step_of


class CollectionStatus(StrEnum):
    """Where the collection of a deficit stands."""

    DUE = "due"  # Decided; the customer was not told to pay yet.
    NOTICED = "noticed"
    ARRANGED = "arranged"  # Instalments are agreed.
    WRITE_OFF_PROPOSED = "write_off_proposed"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    NOT_COLLECTED = "not_collected"  # Borne by others, or the customer is protected.
    TAKEN_BACK = "taken_back"  # The decision behind it lost its force.


class CollectionAction(StrEnum):
    """One act on a collection."""

    EXEMPT = "exempt"
    SEND_NOTICE = "send_notice"
    ARRANGE = "arrange"
    MISS_INSTALMENT = "miss_instalment"
    SETTLE = "settle"
    PROPOSE_WRITE_OFF = "propose_write_off"
    RETURN_WRITE_OFF = "return_write_off"
    APPROVE_WRITE_OFF = "approve_write_off"
    TAKE_BACK = "take_back"
    REVERSE_SET_OFF = "reverse_set_off"


_S, _A = CollectionStatus, CollectionAction
COLLECTION_ENDED = frozenset(
    {_S.SETTLED, _S.WRITTEN_OFF, _S.NOT_COLLECTED, _S.TAKEN_BACK}
)
_ASKED = (_S.NOTICED, _S.ARRANGED)

COLLECTION_STEPS: Mapping[tuple[CollectionStatus, CollectionAction], Step] = (
    MappingProxyType(
        {
            (_S.DUE, _A.EXEMPT): step_of(_S.NOT_COLLECTED, Duty.BE_SYSTEM, reason=True),
            (_S.DUE, _A.SEND_NOTICE): step_of(_S.NOTICED, Duty.COLLECT_DEFICIT),
            (_S.NOTICED, _A.ARRANGE): step_of(
                _S.ARRANGED, Duty.COLLECT_DEFICIT, reason=True
            ),
            (_S.ARRANGED, _A.MISS_INSTALMENT): step_of(
                _S.NOTICED, Duty.BE_SYSTEM, reason=True
            ),
            **{
                (status, _A.SETTLE): step_of(
                    _S.SETTLED, Duty.CONFIRM_PAYMENT, Duty.BE_SYSTEM
                )
                for status in _ASKED
            },
            **{
                (status, _A.PROPOSE_WRITE_OFF): step_of(
                    _S.WRITE_OFF_PROPOSED, Duty.COLLECT_DEFICIT, reason=True
                )
                for status in (_S.DUE, *_ASKED)
            },
            # What a set-off had settled is owed again once it is reversed.
            (_S.SETTLED, _A.REVERSE_SET_OFF): step_of(
                _S.NOTICED, Duty.BE_SYSTEM, reason=True
            ),
            (_S.WRITE_OFF_PROPOSED, _A.RETURN_WRITE_OFF): step_of(
                _S.NOTICED, Duty.APPROVE_WRITE_OFF, reason=True
            ),
            (_S.WRITE_OFF_PROPOSED, _A.APPROVE_WRITE_OFF): step_of(
                _S.WRITTEN_OFF, Duty.APPROVE_WRITE_OFF, second=True
            ),
            **{
                (status, _A.TAKE_BACK): step_of(
                    _S.TAKEN_BACK, Duty.BE_SYSTEM, Duty.REOPEN_CASE, reason=True
                )
                for status in (_S.DUE, *_ASKED, _S.WRITE_OFF_PROPOSED)
            },
        }
    )
)

_ANSWER = Clock(ClockKind.DEFICIT_ANSWER, timedelta(days=14))
COLLECTION_CLOCKS: Mapping[CollectionStatus, Clock] = MappingProxyType(
    {
        _S.DUE: Clock(ClockKind.DEFICIT_ANSWER, timedelta(days=3)),
        _S.NOTICED: _ANSWER,
        _S.ARRANGED: Clock(ClockKind.INSTALMENT, timedelta(days=31)),
        _S.WRITE_OFF_PROPOSED: Clock(
            ClockKind.SECOND_PERSON, timedelta(days=2), is_paused=True
        ),
        **dict.fromkeys(sorted(COLLECTION_ENDED), NO_CLOCK),
    }
)


def collection_step(status: CollectionStatus, action: CollectionAction) -> Step:
    """The step of a collection for any pair of status and action.

    Raises:
        TransitionRefusedError: The table has no such step.
    """
    step = COLLECTION_STEPS.get((status, action))
    if step is None:
        raise TransitionRefusedError("collection", status, action)
    return step


def collection_actions(status: CollectionStatus) -> list[CollectionAction]:
    """Actions the table knows from a status, in the order of the enum."""
    return [act for act in CollectionAction if (status, act) in COLLECTION_STEPS]


def collection_clock(status: CollectionStatus) -> Clock:
    """What is due of a collection in this status, and when."""
    return COLLECTION_CLOCKS[status]
