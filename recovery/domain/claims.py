"""What a customer is told, for every status there is (ANCHORS §4.2, external labels).

Total functions: a status without a text does not pass the tests. A held payment
reads exactly like an approved one.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from recovery.domain.lifecycle import CASE_STEPS, CaseAction, CaseStatus, PaymentStatus

_REFERENCE_PREFIX = "CL"
_REFERENCE_LETTERS = 16
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


class Phase(IntEnum):
    """Where a claim is, in the order in which a customer passes through."""

    RECEIVED = 1
    CHECKING = 2
    REVIEW = 3
    DECIDED = 4
    PAYING = 5
    ENDED = 6


PHASE_NAMES: Mapping[Phase, str] = MappingProxyType(
    {
        Phase.RECEIVED: "Received",
        Phase.CHECKING: "We are checking",
        Phase.REVIEW: "Result being reviewed",
        Phase.DECIDED: "Decided",
        Phase.PAYING: "Payment, if money is owed",
        Phase.ENDED: "Closed",
    }
)


class Telling(NamedTuple):
    """What a customer reads of a case.

    Attributes:
        need: What is needed from the customer, or that nothing is.
        next_step: What happens next, without the date.
        is_needed: Whether the case waits for the customer.
        has_promise: Whether a next-update date is promised.
    """

    phase: Phase
    label: str
    need: str
    next_step: str
    is_needed: bool = False
    has_promise: bool = True


_NOTHING = "Nothing is needed from you."
_C, _P = CaseStatus, PaymentStatus

_TELLINGS: Mapping[CaseStatus, Telling] = MappingProxyType(
    {
        _C.NEW: Telling(
            Phase.RECEIVED,
            "Received",
            _NOTHING,
            "Somebody takes your claim and recomputes the event from the records.",
        ),
        _C.INVESTIGATING: Telling(
            Phase.CHECKING,
            "We are checking",
            _NOTHING,
            "We compare what you should have been left with with what you received.",
        ),
        _C.AWAITING_CUSTOMER: Telling(
            Phase.CHECKING,
            "We need something from you",
            "Please answer the question below.",
            "The case waits until you answer; then we go on checking.",
            is_needed=True,
            has_promise=False,
        ),
        _C.AWAITING_THIRD_PARTY: Telling(
            Phase.CHECKING,
            "We are checking",
            _NOTHING,
            "We wait for an answer from outside and go on when it is here.",
        ),
        _C.PROPOSED: Telling(
            Phase.REVIEW,
            "Result being reviewed",
            _NOTHING,
            "A second person checks the result before it becomes a decision.",
        ),
        _C.OWED: Telling(
            Phase.DECIDED,
            "Decided: money is owed to you",
            _NOTHING,
            "The payment is prepared, approved by a second person and credited.",
        ),
        _C.NOT_OWED: Telling(
            Phase.DECIDED,
            "Decided: nothing is owed",
            _NOTHING,
            "If you see it differently, contact support with your reference: a "
            "decision can be looked at again by somebody else.",
            has_promise=False,
        ),
        _C.DEFICIT: Telling(
            Phase.DECIDED,
            "Decided: the account ended below zero",
            _NOTHING,
            "If you see it differently, contact support with your reference: a "
            "decision can be looked at again by somebody else.",
            has_promise=False,
        ),
        _C.CLOSED: Telling(
            Phase.ENDED,
            "Closed",
            _NOTHING,
            "The case is closed. If something is wrong, contact support with your "
            "reference: a closed case can be opened again.",
            has_promise=False,
        ),
        _C.WITHDRAWN: Telling(
            Phase.ENDED,
            "You withdrew this claim",
            _NOTHING,
            "We do no more on it. You can file a new claim at any time.",
            has_promise=False,
        ),
        _C.MERGED: Telling(
            Phase.CHECKING,
            "Handled together with your other claim",
            _NOTHING,
            "Both references stay valid; the other one shows what happens next.",
            has_promise=False,
        ),
    }
)


class PaymentTelling(NamedTuple):
    """What a customer reads of one payment; `shows_date`: since when it is so."""

    label: str
    text: str
    is_shown: bool = True
    shows_date: bool = False


_APPROVED = PaymentTelling(
    "Approved", "The payment is approved and waits for the next payment run."
)

_PAYMENT_TELLINGS: Mapping[PaymentStatus, PaymentTelling] = MappingProxyType(
    {
        _P.PROPOSED: PaymentTelling(
            "Being prepared", "A second person must approve this payment."
        ),
        _P.APPROVED: _APPROVED,
        # No word, no date, nothing that differs: a hold must not tip anybody off.
        _P.HELD: _APPROVED,
        _P.IN_BATCH: PaymentTelling(
            "Being sent", "The payment is in the next payment run."
        ),
        _P.SENT: PaymentTelling(
            "Sent", "We wait until it is confirmed.", shows_date=True
        ),
        _P.POSTED: PaymentTelling(
            "Credited", "The money is in your own balance.", shows_date=True
        ),
        _P.CONFIRMED: PaymentTelling(
            "Confirmed", "The withdrawal has arrived.", shows_date=True
        ),
        _P.UNCERTAIN: PaymentTelling(
            "Being confirmed with the network or bank",
            "We do not know yet whether it arrived, and do not send it a second "
            "time until we do.",
        ),
        _P.RETURNED: PaymentTelling(
            "Came back to us",
            "The money is safe with us. We contact you about where it should go.",
            shows_date=True,
        ),
        _P.DESTINATION_NEEDED: PaymentTelling(
            "Came back to us",
            "The money is safe with us. We contact you about where it should go.",
            shows_date=True,
        ),
        _P.REPLACED: PaymentTelling(
            "Sent anew", "Another payment stands for this one.", is_shown=False
        ),
        _P.CANCELLED: PaymentTelling("Cancelled", "Nothing was sent.", is_shown=False),
    }
)


def tell_case(status: CaseStatus) -> Telling:
    """What a customer is told of a case in this status."""
    return _TELLINGS[status]


def tell_payment(status: PaymentStatus, held_from: str = "") -> PaymentTelling:
    """What a customer is told of a payment in this status.

    A held payment reads as it did where it was held.
    """
    if status == PaymentStatus.HELD and held_from:
        return _PAYMENT_TELLINGS[PaymentStatus(held_from)]
    return _PAYMENT_TELLINGS[status]


def may_withdraw(status: CaseStatus) -> bool:
    """Whether the customer may take the claim back now."""
    return (status, CaseAction.WITHDRAW) in CASE_STEPS


def may_answer(status: CaseStatus) -> bool:
    """Whether a question to the customer is open."""
    return (status, CaseAction.CUSTOMER_ANSWERED) in CASE_STEPS


def claim_reference_read(text: str) -> str:
    """A claim reference as people type it, brought to its own form.

    Small letters, blanks and missing dashes do not matter, nor letters that look
    like figures. What cannot be a reference comes back as something that is none.
    """
    letters = "".join(
        sign for sign in text.upper() if sign.isascii() and sign.isalnum()
    )
    letters = letters[: _REFERENCE_LETTERS + 3].translate(_ALIKE)
    if len(letters) > _REFERENCE_LETTERS:  # Shorter, the same letters may be its own.
        letters = letters.removeprefix(_REFERENCE_PREFIX.translate(_ALIKE))
    groups = [letters[start : start + 4] for start in range(0, len(letters), 4)]
    return "-".join([_REFERENCE_PREFIX, *groups])
