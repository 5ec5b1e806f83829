"""The lifecycle of a payment: from proposed to posted or confirmed.

A hold leads back to where it began: `held_from` on the row says where that was, and
the step back has one name for each. What came back is not sent again: it is replaced
by a new payment with an approval of its own.
Source: design §6, ANCHORS §4.2.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from recovery.domain.duties import Duty
from recovery.domain.errors import TransitionRefusedError
from recovery.domain.lifecycle_step import NO_CLOCK, Clock, ClockKind, Step, step_of


class PaymentStatus(StrEnum):
    """Where one payment stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    HELD = "held"  # Stopped by compliance; goes back to where it was.
    IN_BATCH = "in_batch"
    SENT = "sent"  # In a released file; the outcome is not known yet.
    POSTED = "posted"  # A credit seen in a later house file.
    CONFIRMED = "confirmed"  # A withdrawal confirmed by a confirmation file.
    UNCERTAIN = "uncertain"  # Nobody knows; never retried by a machine.
    RETURNED = "returned"  # It came back.
    DESTINATION_NEEDED = "destination_needed"  # Back, and waiting for a way out.
    REPLACED = "replaced"  # Came back; another payment stands for it.
    CANCELLED = "cancelled"


class PaymentAction(StrEnum):
    """One act on a payment."""

    APPROVE = "approve"
    CANCEL = "cancel"
    VOID_APPROVAL = "void_approval"
    HOLD = "hold"
    UNHOLD = "unhold"
    UNHOLD_PROPOSED = "unhold_proposed"
    UNHOLD_RETURNED = "unhold_returned"
    ADD_TO_BATCH = "add_to_batch"
    DROP_FROM_BATCH = "drop_from_batch"
    SEND = "send"
    POST = "post"
    CONFIRM = "confirm"
    MARK_UNCERTAIN = "mark_uncertain"
    MARK_RETURNED = "mark_returned"
    ASK_DESTINATION = "ask_destination"
    REPLACE = "replace"


_P, _A = PaymentStatus, PaymentAction
# Money that counts against what is owed: everything not known to be undone.
PAYMENT_VOID = frozenset({_P.CANCELLED, _P.REPLACED})
PAYMENT_PAID = frozenset({_P.POSTED, _P.CONFIRMED})
# Nothing has left for these: compliance may stop them, and where they go back to.
HELD_FROM: Mapping[PaymentStatus, PaymentAction] = MappingProxyType(
    {
        _P.PROPOSED: _A.UNHOLD_PROPOSED,
        _P.APPROVED: _A.UNHOLD,
        _P.DESTINATION_NEEDED: _A.UNHOLD_RETURNED,
    }
)
_CONFIRMS = (Duty.BE_SYSTEM, Duty.CONFIRM_PAYMENT)

PAYMENT_STEPS: Mapping[tuple[PaymentStatus, PaymentAction], Step] = MappingProxyType(
    {
        (_P.PROPOSED, _A.APPROVE): step_of(
            _P.APPROVED, Duty.APPROVE_PAYMENT, second=True
        ),
        **{
            (status, _A.CANCEL): step_of(
                _P.CANCELLED, Duty.PROPOSE_PAYMENT, Duty.APPROVE_PAYMENT, reason=True
            )
            for status in (_P.PROPOSED, _P.APPROVED)
        },
        **{
            (status, _A.VOID_APPROVAL): step_of(
                _P.CANCELLED, Duty.BE_SYSTEM, reason=True
            )
            for status in (_P.PROPOSED, _P.APPROVED, _P.HELD)
        },
        **{
            (status, _A.HOLD): step_of(_P.HELD, Duty.HOLD_PAYMENT, reason=True)
            for status in HELD_FROM
        },
        **{
            (_P.HELD, action): step_of(status, Duty.HOLD_PAYMENT)
            for status, action in HELD_FROM.items()
        },
        (_P.HELD, _A.CANCEL): step_of(_P.CANCELLED, Duty.HOLD_PAYMENT, reason=True),
        (_P.APPROVED, _A.ADD_TO_BATCH): step_of(_P.IN_BATCH, Duty.BUILD_BATCH),
        (_P.IN_BATCH, _A.DROP_FROM_BATCH): step_of(
            _P.APPROVED,
            Duty.BUILD_BATCH,
            Duty.RELEASE_BATCH,
            Duty.HOLD_PAYMENT,
            Duty.BE_SYSTEM,
        ),
        (_P.IN_BATCH, _A.SEND): step_of(_P.SENT, Duty.RELEASE_BATCH, second=True),
        **{
            (status, _A.POST): step_of(_P.POSTED, Duty.BE_SYSTEM)
            for status in (_P.SENT, _P.UNCERTAIN)
        },
        **{
            (status, _A.CONFIRM): step_of(_P.CONFIRMED, *_CONFIRMS)
            for status in (_P.SENT, _P.UNCERTAIN)
        },
        (_P.SENT, _A.MARK_UNCERTAIN): step_of(_P.UNCERTAIN, *_CONFIRMS),
        **{
            (status, _A.MARK_RETURNED): step_of(_P.RETURNED, *_CONFIRMS)
            for status in (_P.SENT, _P.UNCERTAIN)
        },
        (_P.RETURNED, _A.ASK_DESTINATION): step_of(_P.DESTINATION_NEEDED, *_CONFIRMS),
        (_P.DESTINATION_NEEDED, _A.REPLACE): step_of(
            _P.REPLACED, Duty.PROPOSE_PAYMENT, reason=True
        ),
    }
)

PAYMENT_CLOCKS: Mapping[PaymentStatus, Clock] = MappingProxyType(
    {
        _P.PROPOSED: Clock(ClockKind.SECOND_PERSON, timedelta(days=2)),
        _P.APPROVED: Clock(ClockKind.PAYMENT, timedelta(days=2)),
        # The customer's promise runs on: a hold that paused it would show.
        _P.HELD: Clock(ClockKind.PAYMENT, timedelta(days=2)),
        _P.IN_BATCH: Clock(ClockKind.PAYMENT, timedelta(days=1)),
        _P.SENT: Clock(ClockKind.OUTCOME, timedelta(days=3)),
        _P.UNCERTAIN: Clock(ClockKind.OUTCOME, timedelta(days=1)),
        _P.RETURNED: Clock(ClockKind.DESTINATION, timedelta(days=1)),
        _P.DESTINATION_NEEDED: Clock(
            ClockKind.DESTINATION, timedelta(days=30), is_paused=True
        ),
        _P.POSTED: Clock(ClockKind.QUIET, timedelta(0), is_paused=True),
        _P.CONFIRMED: Clock(ClockKind.QUIET, timedelta(days=30), is_paused=True),
        _P.REPLACED: NO_CLOCK,
        _P.CANCELLED: NO_CLOCK,
    }
)


def payment_step(status: PaymentStatus, action: PaymentAction) -> Step:
    """The step of a payment for any pair of status and action.

    Raises:
        TransitionRefusedError: The table has no such step.
    """
    step = PAYMENT_STEPS.get((status, action))
    if step is None:
        raise TransitionRefusedError("payment", status, action)
    return step


def payment_actions(status: PaymentStatus) -> list[PaymentAction]:
    """Actions the table knows from a status, in the order of the enum."""
    return [action for action in PaymentAction if (status, action) in PAYMENT_STEPS]


def payment_clock(status: PaymentStatus) -> Clock:
    """What is due of a payment in this status, and when."""
    return PAYMENT_CLOCKS[status]
