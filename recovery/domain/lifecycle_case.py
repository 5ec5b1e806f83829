"""The lifecycle of a recovery case: from received to a decision, and what ends it.

Source: design §6, ANCHORS §4.2.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from recovery.domain.duties import Duty
from recovery.domain.errors import TransitionRefusedError
from recovery.domain.lifecycle_step import NO_CLOCK, Clock, ClockKind, Step, step_of


class CaseStatus(StrEnum):
    """Where a recovery case stands."""

    NEW = "new"  # Received, nobody has looked.
    INVESTIGATING = "investigating"  # Somebody works on it.
    AWAITING_CUSTOMER = "awaiting_customer"  # The customer must answer.
    AWAITING_THIRD_PARTY = "awaiting_third_party"  # A venue or bank must answer.
    PROPOSED = "proposed"  # A decision waits for a second person.
    OWED = "owed"  # Decided: money is owed; payments follow.
    NOT_OWED = "not_owed"  # Decided: nothing is owed.
    DEFICIT = "deficit"  # Decided: the account ended below zero.
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # The customer took the claim back.
    MERGED = "merged"  # Handled in another case; both references live.


class CaseAction(StrEnum):
    """One act on a case, by its name on the button."""

    TAKE = "take"
    ASK_CUSTOMER = "ask_customer"
    CUSTOMER_ANSWERED = "customer_answered"
    ASK_THIRD_PARTY = "ask_third_party"
    THIRD_PARTY_ANSWERED = "third_party_answered"
    EXPIRE = "expire"  # The customer never answered.
    PROPOSE_DECISION = "propose_decision"
    RETURN_PROPOSAL = "return_proposal"
    VOID_PROPOSAL = "void_proposal"
    APPROVE_OWED = "approve_owed"
    APPROVE_NOT_OWED = "approve_not_owed"
    APPROVE_DEFICIT = "approve_deficit"
    VOID_DECISION = "void_decision"  # What it rested on changed.
    CLOSE = "close"
    WITHDRAW = "withdraw"
    MERGE = "merge"
    UNMERGE = "unmerge"
    REOPEN = "reopen"


_C, _A = CaseStatus, CaseAction
# Undecided: may still be merged into another, or taken back by the customer.
CASE_UNDECIDED = (
    _C.NEW,
    _C.INVESTIGATING,
    _C.AWAITING_CUSTOMER,
    _C.AWAITING_THIRD_PARTY,
    _C.PROPOSED,
)
CASE_DECIDED = frozenset({_C.OWED, _C.NOT_OWED, _C.DEFICIT})
CASE_ENDED = frozenset({_C.CLOSED, _C.WITHDRAWN, _C.MERGED})
_ASKABLE = (_C.NEW, _C.INVESTIGATING)
_APPROVALS = {
    _A.APPROVE_OWED: _C.OWED,
    _A.APPROVE_NOT_OWED: _C.NOT_OWED,
    _A.APPROVE_DEFICIT: _C.DEFICIT,
}

CASE_STEPS: Mapping[tuple[CaseStatus, CaseAction], Step] = MappingProxyType(
    {
        (_C.NEW, _A.TAKE): step_of(_C.INVESTIGATING, Duty.WORK_CASE),
        **{
            (status, _A.ASK_CUSTOMER): step_of(
                _C.AWAITING_CUSTOMER, Duty.WORK_CASE, reason=True
            )
            for status in _ASKABLE
        },
        (_C.AWAITING_CUSTOMER, _A.CUSTOMER_ANSWERED): step_of(
            _C.INVESTIGATING, Duty.BE_CUSTOMER, Duty.WORK_CASE
        ),
        (_C.AWAITING_CUSTOMER, _A.EXPIRE): step_of(
            _C.CLOSED, Duty.BE_SYSTEM, reason=True
        ),
        (_C.INVESTIGATING, _A.ASK_THIRD_PARTY): step_of(
            _C.AWAITING_THIRD_PARTY, Duty.WORK_CASE, reason=True
        ),
        (_C.AWAITING_THIRD_PARTY, _A.THIRD_PARTY_ANSWERED): step_of(
            _C.INVESTIGATING, Duty.WORK_CASE
        ),
        (_C.INVESTIGATING, _A.PROPOSE_DECISION): step_of(
            _C.PROPOSED,
            Duty.PROPOSE_DECISION,
            Duty.PROPOSE_SMALL_DECISION,
            reason=True,
        ),
        (_C.PROPOSED, _A.RETURN_PROPOSAL): step_of(
            _C.INVESTIGATING, Duty.APPROVE_DECISION, reason=True
        ),
        (_C.PROPOSED, _A.VOID_PROPOSAL): step_of(
            _C.INVESTIGATING, Duty.BE_SYSTEM, reason=True
        ),
        **{
            (_C.PROPOSED, action): step_of(status, Duty.APPROVE_DECISION, second=True)
            for action, status in _APPROVALS.items()
        },
        **{
            (status, _A.VOID_DECISION): step_of(
                _C.INVESTIGATING, Duty.BE_SYSTEM, reason=True
            )
            for status in sorted(CASE_DECIDED)
        },
        **{
            (status, _A.CLOSE): step_of(
                _C.CLOSED, Duty.WORK_CASE, Duty.BE_SYSTEM, reason=True
            )
            for status in sorted(CASE_DECIDED)
        },
        **{
            (status, _A.REOPEN): step_of(
                _C.INVESTIGATING, Duty.REOPEN_CASE, reason=True
            )
            for status in (*sorted(CASE_DECIDED), _C.CLOSED, _C.WITHDRAWN)
        },
        **{
            (status, _A.WITHDRAW): step_of(_C.WITHDRAWN, Duty.BE_CUSTOMER)
            for status in CASE_UNDECIDED
        },
        **{
            (status, _A.MERGE): step_of(_C.MERGED, Duty.WORK_CASE, reason=True)
            for status in CASE_UNDECIDED
        },
        (_C.MERGED, _A.UNMERGE): step_of(
            _C.INVESTIGATING, Duty.REOPEN_CASE, reason=True
        ),
    }
)

_REPLY = Clock(ClockKind.FIRST_REPLY, timedelta(days=3))
_QUIET = Clock(ClockKind.QUIET, timedelta(days=30), is_paused=True)
CASE_CLOCKS: Mapping[CaseStatus, Clock] = MappingProxyType(
    {
        _C.NEW: _REPLY,
        _C.INVESTIGATING: Clock(ClockKind.RESOLUTION, timedelta(weeks=8)),
        _C.AWAITING_CUSTOMER: Clock(
            ClockKind.CUSTOMER_ANSWER, timedelta(days=30), is_paused=True
        ),
        _C.AWAITING_THIRD_PARTY: Clock(
            ClockKind.THIRD_PARTY_ANSWER, timedelta(weeks=8)
        ),
        _C.PROPOSED: Clock(ClockKind.SECOND_PERSON, timedelta(days=2)),
        _C.OWED: Clock(ClockKind.PAYMENT, timedelta(days=10)),
        _C.NOT_OWED: _QUIET,
        _C.DEFICIT: Clock(ClockKind.DEFICIT_ANSWER, timedelta(days=14)),
        _C.CLOSED: NO_CLOCK,
        _C.WITHDRAWN: NO_CLOCK,
        _C.MERGED: NO_CLOCK,
    }
)


def case_step(status: CaseStatus, action: CaseAction) -> Step:
    """The step of a case for any pair of status and action.

    Raises:
        TransitionRefusedError: The table has no such step.
    """
    step = CASE_STEPS.get((status, action))
    if step is None:
        raise TransitionRefusedError("case", status, action)
    return step


def case_actions(status: CaseStatus) -> list[CaseAction]:
    """Actions the table knows from a status, in the order of the enum."""
    return [action for action in CaseAction if (status, action) in CASE_STEPS]


def case_clock(status: CaseStatus) -> Clock:
    """What is due of a case in this status, and when."""
    return CASE_CLOCKS[status]
