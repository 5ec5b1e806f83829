"""The two lifecycles: a case ends at a decision, a payment at a confirmation.

One immutable table per lifecycle; pages, API and the database guard read it.
Source: design §6, ANCHORS §4.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from recovery.domain.duties import Duty
from recovery.domain.errors import TransitionRefusedError


class CaseStatus(StrEnum):
    """Where a recovery case stands."""

    NEW = "new"  # Received, nobody has looked.
    INVESTIGATING = "investigating"  # Somebody works on it.
    AWAITING_CUSTOMER = "awaiting_customer"  # The customer must answer.
    PROPOSED = "proposed"  # A decision waits for a second person.
    OWED = "owed"  # Decided: money is owed; payments follow.
    NOT_OWED = "not_owed"  # Decided: nothing is owed.
    DEFICIT = "deficit"  # Decided: the account ended below zero.
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # The customer took the claim back.


class CaseAction(StrEnum):
    """One act on a case, by its name on the button."""

    TAKE = "take"
    ASK_CUSTOMER = "ask_customer"
    CUSTOMER_ANSWERED = "customer_answered"
    PROPOSE_DECISION = "propose_decision"
    RETURN_PROPOSAL = "return_proposal"
    VOID_PROPOSAL = "void_proposal"
    APPROVE_OWED = "approve_owed"
    APPROVE_NOT_OWED = "approve_not_owed"
    APPROVE_DEFICIT = "approve_deficit"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


class PaymentStatus(StrEnum):
    """Where one payment stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    HELD = "held"  # Stopped by compliance; returns to approved.
    IN_BATCH = "in_batch"
    SENT = "sent"  # In a released file; the outcome is not known yet.
    POSTED = "posted"  # A credit seen in a later house file.
    CONFIRMED = "confirmed"  # A withdrawal confirmed by a confirmation file.
    UNCERTAIN = "uncertain"  # Nobody knows; never retried by a machine.
    RETURNED = "returned"  # It came back; a destination is needed.
    CANCELLED = "cancelled"


class PaymentAction(StrEnum):
    """One act on a payment."""

    APPROVE = "approve"
    CANCEL = "cancel"
    VOID_APPROVAL = "void_approval"
    HOLD = "hold"
    UNHOLD = "unhold"
    ADD_TO_BATCH = "add_to_batch"
    DROP_FROM_BATCH = "drop_from_batch"
    SEND = "send"
    POST = "post"
    CONFIRM = "confirm"
    MARK_UNCERTAIN = "mark_uncertain"
    MARK_RETURNED = "mark_returned"


@dataclass(frozen=True, slots=True)
class Step:
    """What an action does from one status.

    Attributes:
        to_status: The status afterwards.
        duties: Any one of them allows the act.
        needs_second_person: The actor may not be the proposer.
    """

    to_status: str
    duties: frozenset[Duty]
    needs_second_person: bool = False


def _step(to_status: str, *duties: Duty, second: bool = False) -> Step:
    return Step(to_status, frozenset(duties), second)


_C, _CA = CaseStatus, CaseAction
_OPEN = (_C.NEW, _C.INVESTIGATING, _C.AWAITING_CUSTOMER)

CASE_STEPS: Mapping[tuple[CaseStatus, CaseAction], Step] = MappingProxyType(
    {
        (_C.NEW, _CA.TAKE): _step(_C.INVESTIGATING, Duty.WORK_CASE),
        (_C.NEW, _CA.ASK_CUSTOMER): _step(_C.AWAITING_CUSTOMER, Duty.WORK_CASE),
        (_C.INVESTIGATING, _CA.ASK_CUSTOMER): _step(
            _C.AWAITING_CUSTOMER, Duty.WORK_CASE
        ),
        (_C.AWAITING_CUSTOMER, _CA.CUSTOMER_ANSWERED): _step(
            _C.INVESTIGATING, Duty.BE_CUSTOMER, Duty.WORK_CASE
        ),
        (_C.INVESTIGATING, _CA.PROPOSE_DECISION): _step(
            _C.PROPOSED, Duty.PROPOSE_DECISION
        ),
        (_C.PROPOSED, _CA.RETURN_PROPOSAL): _step(
            _C.INVESTIGATING, Duty.APPROVE_DECISION
        ),
        (_C.PROPOSED, _CA.VOID_PROPOSAL): _step(_C.INVESTIGATING, Duty.BE_SYSTEM),
        (_C.PROPOSED, _CA.APPROVE_OWED): _step(
            _C.OWED, Duty.APPROVE_DECISION, second=True
        ),
        (_C.PROPOSED, _CA.APPROVE_NOT_OWED): _step(
            _C.NOT_OWED, Duty.APPROVE_DECISION, second=True
        ),
        (_C.PROPOSED, _CA.APPROVE_DEFICIT): _step(
            _C.DEFICIT, Duty.APPROVE_DECISION, second=True
        ),
        (_C.OWED, _CA.CLOSE): _step(_C.CLOSED, Duty.WORK_CASE, Duty.BE_SYSTEM),
        (_C.NOT_OWED, _CA.CLOSE): _step(_C.CLOSED, Duty.WORK_CASE),
        (_C.DEFICIT, _CA.CLOSE): _step(_C.CLOSED, Duty.WORK_CASE),
        (_C.OWED, _CA.REOPEN): _step(_C.INVESTIGATING, Duty.REOPEN_CASE),
        (_C.NOT_OWED, _CA.REOPEN): _step(_C.INVESTIGATING, Duty.REOPEN_CASE),
        (_C.DEFICIT, _CA.REOPEN): _step(_C.INVESTIGATING, Duty.REOPEN_CASE),
        (_C.CLOSED, _CA.REOPEN): _step(_C.INVESTIGATING, Duty.REOPEN_CASE),
        (_C.WITHDRAWN, _CA.REOPEN): _step(_C.INVESTIGATING, Duty.REOPEN_CASE),
        **{
            (status, _CA.WITHDRAW): _step(_C.WITHDRAWN, Duty.BE_CUSTOMER)
            for status in _OPEN
        },
    }
)

_P, _PA = PaymentStatus, PaymentAction

PAYMENT_STEPS: Mapping[tuple[PaymentStatus, PaymentAction], Step] = MappingProxyType(
    {
        (_P.PROPOSED, _PA.APPROVE): _step(
            _P.APPROVED, Duty.APPROVE_PAYMENT, second=True
        ),
        (_P.PROPOSED, _PA.CANCEL): _step(
            _P.CANCELLED, Duty.PROPOSE_PAYMENT, Duty.APPROVE_PAYMENT
        ),
        (_P.APPROVED, _PA.CANCEL): _step(
            _P.CANCELLED, Duty.PROPOSE_PAYMENT, Duty.APPROVE_PAYMENT
        ),
        (_P.APPROVED, _PA.VOID_APPROVAL): _step(_P.CANCELLED, Duty.BE_SYSTEM),
        (_P.PROPOSED, _PA.VOID_APPROVAL): _step(_P.CANCELLED, Duty.BE_SYSTEM),
        (_P.APPROVED, _PA.HOLD): _step(_P.HELD, Duty.HOLD_PAYMENT),
        (_P.HELD, _PA.UNHOLD): _step(_P.APPROVED, Duty.HOLD_PAYMENT),
        (_P.HELD, _PA.CANCEL): _step(_P.CANCELLED, Duty.HOLD_PAYMENT),
        (_P.APPROVED, _PA.ADD_TO_BATCH): _step(_P.IN_BATCH, Duty.BUILD_BATCH),
        (_P.IN_BATCH, _PA.DROP_FROM_BATCH): _step(
            _P.APPROVED, Duty.BUILD_BATCH, Duty.RELEASE_BATCH
        ),
        (_P.IN_BATCH, _PA.SEND): _step(_P.SENT, Duty.RELEASE_BATCH, second=True),
        (_P.SENT, _PA.POST): _step(_P.POSTED, Duty.BE_SYSTEM),
        (_P.SENT, _PA.CONFIRM): _step(
            _P.CONFIRMED, Duty.BE_SYSTEM, Duty.CONFIRM_PAYMENT
        ),
        (_P.SENT, _PA.MARK_UNCERTAIN): _step(
            _P.UNCERTAIN, Duty.BE_SYSTEM, Duty.CONFIRM_PAYMENT
        ),
        (_P.SENT, _PA.MARK_RETURNED): _step(
            _P.RETURNED, Duty.BE_SYSTEM, Duty.CONFIRM_PAYMENT
        ),
        (_P.UNCERTAIN, _PA.CONFIRM): _step(
            _P.CONFIRMED, Duty.BE_SYSTEM, Duty.CONFIRM_PAYMENT
        ),
        (_P.UNCERTAIN, _PA.POST): _step(_P.POSTED, Duty.BE_SYSTEM),
        (_P.UNCERTAIN, _PA.MARK_RETURNED): _step(
            _P.RETURNED, Duty.BE_SYSTEM, Duty.CONFIRM_PAYMENT
        ),
    }
)

CASE_ENDED = frozenset({CaseStatus.CLOSED, CaseStatus.WITHDRAWN})
CASE_DECIDED = frozenset({CaseStatus.OWED, CaseStatus.NOT_OWED, CaseStatus.DEFICIT})
# Money that counts against what is owed: everything not known to be undone.
PAYMENT_VOID = frozenset({PaymentStatus.CANCELLED, PaymentStatus.RETURNED})
PAYMENT_PAID = frozenset({PaymentStatus.POSTED, PaymentStatus.CONFIRMED})


def case_step(status: CaseStatus, action: CaseAction) -> Step:
    """The step of a case for any pair of status and action.

    Raises:
        TransitionRefusedError: The table has no such step.
    """
    step = CASE_STEPS.get((status, action))
    if step is None:
        raise TransitionRefusedError("case", status, action)
    return step


def payment_step(status: PaymentStatus, action: PaymentAction) -> Step:
    """The step of a payment for any pair of status and action.

    Raises:
        TransitionRefusedError: The table has no such step.
    """
    step = PAYMENT_STEPS.get((status, action))
    if step is None:
        raise TransitionRefusedError("payment", status, action)
    return step


def case_actions(status: CaseStatus) -> list[CaseAction]:
    """Actions the table knows from a status, in the order of the enum."""
    return [action for action in CaseAction if (status, action) in CASE_STEPS]


def payment_actions(status: PaymentStatus) -> list[PaymentAction]:
    """Actions the table knows from a status, in the order of the enum."""
    return [action for action in PaymentAction if (status, action) in PAYMENT_STEPS]
