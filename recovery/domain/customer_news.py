"""What customers are told by mail, by which step, and why some steps tell nothing.

Every step of the three lifecycles has a line here: a mail, or a reason for silence.
What the clocks and the acts beside the lifecycles tell stands in `domain.messages`.
Source: ANCHORS §4.3; design §6 (a hold must not tip off).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from recovery.domain.lifecycle import CaseAction, CollectionAction, PaymentAction
from recovery.domain.words import PaymentKind


class CustomerNews(StrEnum):
    """One kind of mail about a case; templates/mails has a text for each."""

    CLAIM_RECEIVED = "claim.received"
    CLAIM_LINKED = "claim.linked"
    CLAIM_WITHDRAWN = "claim.withdrawn"
    INFO_REQUESTED = "info.requested"
    INFO_REMINDER = "info.reminder"
    INFO_RECEIVED = "info.received"
    UPDATE_GIVEN = "update.given"
    UPDATE_LATE = "update.late"
    DECISION_OWED = "decision.owed"
    DECISION_NOT_OWED = "decision.not_owed"
    DECISION_DEFICIT = "decision.deficit"
    DECISION_REVIEWED = "decision.reviewed"
    AMOUNT_APPROVED = "amount.approved"
    PAYMENT_STOPPED = "payment.stopped"
    PAYMENT_LATE = "payment.late"
    CREDIT_POSTED = "credit.posted"
    GOODWILL_APPROVED = "goodwill.approved"
    GOODWILL_POSTED = "goodwill.posted"
    SET_OFF_APPROVED = "set_off.approved"
    SET_OFF_REVERSED = "set_off.reversed"
    DESTINATION_CHOSEN = "destination.chosen"
    DESTINATION_NEEDED = "destination.needed"
    WITHDRAWAL_REQUESTED = "withdrawal.requested"
    WITHDRAWAL_APPROVED = "withdrawal.approved"
    WITHDRAWAL_DECLINED = "withdrawal.declined"
    PAYOUT_SENT = "payout.sent"
    PAYOUT_CONFIRMED = "payout.confirmed"
    PAYOUT_UNCERTAIN = "payout.uncertain"
    PAYOUT_RETURNED = "payout.returned"
    DEFICIT_NOTICE = "deficit.notice"
    DEFICIT_ARRANGED = "deficit.arranged"
    DEFICIT_REMINDER = "deficit.reminder"
    DEFICIT_SETTLED = "deficit.settled"
    DEFICIT_WRITTEN_OFF = "deficit.written_off"
    DEFICIT_TAKEN_BACK = "deficit.taken_back"
    CASE_CLOSED = "case.closed"
    CASE_REOPENED = "case.reopened"
    CASE_MERGED = "case.merged"
    CASE_UNMERGED = "case.unmerged"


class Silence(StrEnum):
    """Why a step tells the customer nothing by mail."""

    INSIDE = "work inside the house; the claim page and its date stay true"
    NOT_DECIDED = "nothing is told of a result before two people stand behind it"
    NEVER_TOLD = "the customer never heard of what is taken back"
    HOLD = "a mail at a hold, or at its end, would tell of the hold"
    SAID_BESIDE = "the step beside it, at the same instant, says it"


Told = CustomerNews | Silence
_N, _S = CustomerNews, Silence
_C, _P, _D = CaseAction, PaymentAction, CollectionAction

CASE_STEP_MAIL: Mapping[CaseAction, Told] = MappingProxyType(
    {
        _C.TAKE: _S.INSIDE,
        _C.ASK_CUSTOMER: _N.INFO_REQUESTED,
        _C.CUSTOMER_ANSWERED: _N.INFO_RECEIVED,
        _C.ASK_THIRD_PARTY: _S.INSIDE,
        _C.THIRD_PARTY_ANSWERED: _S.INSIDE,
        _C.EXPIRE: _N.CASE_CLOSED,
        _C.PROPOSE_DECISION: _S.NOT_DECIDED,
        _C.RETURN_PROPOSAL: _S.NOT_DECIDED,
        _C.VOID_PROPOSAL: _S.NOT_DECIDED,
        _C.APPROVE_OWED: _N.DECISION_OWED,
        _C.APPROVE_NOT_OWED: _N.DECISION_NOT_OWED,
        _C.APPROVE_DEFICIT: _N.DECISION_DEFICIT,
        _C.VOID_DECISION: _N.DECISION_REVIEWED,
        _C.CLOSE: _N.CASE_CLOSED,
        _C.WITHDRAW: _N.CLAIM_WITHDRAWN,
        _C.MERGE: _N.CASE_MERGED,
        _C.UNMERGE: _N.CASE_UNMERGED,
        _C.REOPEN: _N.CASE_REOPENED,
    }
)

# All kinds of payment tell the same of these.
_ANY_PAYMENT: Mapping[PaymentAction, Told] = MappingProxyType(
    {
        _P.HOLD: _S.HOLD,
        _P.UNHOLD: _S.HOLD,
        _P.UNHOLD_PROPOSED: _S.HOLD,
        _P.UNHOLD_RETURNED: _S.HOLD,
        _P.ADD_TO_BATCH: _S.INSIDE,
        _P.DROP_FROM_BATCH: _S.INSIDE,
        _P.SEND: _N.PAYOUT_SENT,
        _P.POST: _N.CREDIT_POSTED,
        _P.CONFIRM: _N.PAYOUT_CONFIRMED,
        _P.MARK_UNCERTAIN: _N.PAYOUT_UNCERTAIN,
        _P.MARK_RETURNED: _N.PAYOUT_RETURNED,
        _P.ASK_DESTINATION: _S.SAID_BESIDE,
        _P.REPLACE: _S.SAID_BESIDE,
    }
)
_CREDIT: Mapping[PaymentAction, Told] = MappingProxyType(
    {
        **_ANY_PAYMENT,
        _P.APPROVE: _N.AMOUNT_APPROVED,
        _P.CANCEL: _N.PAYMENT_STOPPED,
        _P.VOID_APPROVAL: _N.PAYMENT_STOPPED,
    }
)
_GOODWILL: Mapping[PaymentAction, Told] = MappingProxyType(
    {**_CREDIT, _P.APPROVE: _N.GOODWILL_APPROVED, _P.POST: _N.GOODWILL_POSTED}
)
_WITHDRAWAL: Mapping[PaymentAction, Told] = MappingProxyType(
    {
        **_ANY_PAYMENT,
        _P.APPROVE: _N.WITHDRAWAL_APPROVED,
        _P.CANCEL: _N.WITHDRAWAL_DECLINED,
        _P.VOID_APPROVAL: _N.WITHDRAWAL_DECLINED,
    }
)

COLLECTION_STEP_MAIL: Mapping[CollectionAction, Told] = MappingProxyType(
    {
        _D.EXEMPT: _S.SAID_BESIDE,
        _D.SEND_NOTICE: _N.DEFICIT_NOTICE,
        _D.ARRANGE: _N.DEFICIT_ARRANGED,
        _D.MISS_INSTALMENT: _N.DEFICIT_REMINDER,
        _D.SETTLE: _N.DEFICIT_SETTLED,
        _D.REVERSE_SET_OFF: _S.SAID_BESIDE,
        _D.PROPOSE_WRITE_OFF: _S.NOT_DECIDED,
        _D.RETURN_WRITE_OFF: _S.NOT_DECIDED,
        _D.APPROVE_WRITE_OFF: _N.DEFICIT_WRITTEN_OFF,
        _D.TAKE_BACK: _N.DEFICIT_TAKEN_BACK,
        _D.REVERSE_SET_OFF: _S.SAID_BESIDE,
    }
)


def payment_step_mail(
    kind: str, action: PaymentAction, *, was_approved: bool = True
) -> Told:
    """What a step of a payment tells the customer.

    Args:
        kind: Of the payment; everything that is no withdrawal tells what a credit does.
        action: The step.
        was_approved: The payment had its approval: of a credit the customer hears
            with it first, of a withdrawal when it is proposed.
    """
    if kind == PaymentKind.WITHDRAWAL:
        return _WITHDRAWAL[action]
    told = (_GOODWILL if kind == PaymentKind.GOODWILL else _CREDIT)[action]
    if told is _N.PAYMENT_STOPPED and not was_approved:
        return _S.NEVER_TOLD
    return told


def collection_step_mail(action: CollectionAction, *, was_noticed: bool = True) -> Told:
    """What a step of a collection tells the customer.

    Args:
        action: The step.
        was_noticed: The customer was told of the deficit to be paid.
    """
    if action == _D.TAKE_BACK and not was_noticed:
        return _S.NEVER_TOLD
    return COLLECTION_STEP_MAIL[action]
