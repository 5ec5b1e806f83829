"""What may be done to a case: the lifecycle table as buttons."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from recovery.admin.acts import Act, Data
from recovery.admin.case_forms import (
    AnswerForm,
    AssignForm,
    ConversionForm,
    CreditForm,
    LinkEventForm,
    MergeForm,
    NoteForm,
    ProposalForm,
    QuestionForm,
    ReceiptForm,
    ThirdPartyForm,
    UpdateForm,
    WithdrawalForm,
    decision_in_force,
    positive_text,
    proposal_initial,
)
from recovery.admin.forms import DigestForm, ReasonForm
from recovery.admin.goodwill import GOODWILL_ACT
from recovery.admin.recorded_shares import SHARE_ACT
from recovery.admin.set_offs import SET_OFF_ACT
from recovery.admin.unclaimed_acts import UNCLAIMED_ACTS
from recovery.domain.claims import tell_case
from recovery.domain.decision_ground import Ground
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import CASE_ENDED, CASE_STEPS, CaseAction, CaseStatus
from recovery.domain.money import format_amount
from recovery.domain.words import DecisionKind, DecisionStatus, PaymentKind
from recovery.models import Decision, RecoveryCase
from recovery.services.actors import Actor
from recovery.services.amount_limits import may_propose_amounts
from recovery.services.case_merges import case_merge, case_unmerge
from recovery.services.cases import (
    case_ask_customer,
    case_ask_third_party,
    case_assign,
    case_close,
    case_customer_answer,
    case_link_event,
    case_note,
    case_reopen,
    case_take,
    case_tell,
    case_third_party_answer,
)
from recovery.services.conversions import Quote, conversion_record
from recovery.services.decision_ground import decision_ground
from recovery.services.decisions import (
    decision_approve,
    decision_propose,
    decision_return,
)
from recovery.services.payments import payment_headroom, payment_propose
from recovery.services.reconfirmations import decision_reconfirm

_APPROVALS = frozenset(
    {CaseAction.APPROVE_OWED, CaseAction.APPROVE_NOT_OWED, CaseAction.APPROVE_DEFICIT}
)

# Auditors read; everybody who works on cases or money may leave a note.
_NOTES = frozenset(
    {
        Duty.WORK_CASE,
        Duty.APPROVE_DECISION,
        Duty.PROPOSE_PAYMENT,
        Duty.APPROVE_PAYMENT,
        Duty.HOLD_PAYMENT,
    }
)


def _duties(*actions: CaseAction) -> frozenset[Duty]:
    steps = [step for (_, action), step in CASE_STEPS.items() if action in actions]
    return frozenset[Duty]().union(*(step.duties for step in steps))


def _knows(*actions: CaseAction) -> Callable[[Actor, RecoveryCase], bool]:
    def fits(_actor: Actor, case: RecoveryCase) -> bool:
        status = CaseStatus(case.status)
        return any((status, action) in CASE_STEPS for action in actions)

    return fits


def _is_open(_actor: Actor, case: RecoveryCase) -> bool:
    return CaseStatus(case.status) not in CASE_ENDED


def decision_proposed(case: RecoveryCase) -> Decision | None:
    """The decision that waits for a second person."""
    return (
        case.decisions.filter(status=DecisionStatus.PROPOSED)
        .select_related(
            "proposer", "result__assessment", "case__event__active_assessment"
        )
        .first()
    )


def _require_proposed(case: RecoveryCase) -> Decision:
    decision = decision_proposed(case)
    if decision is None:
        raise NotReadyError("No proposal waits here: it was decided or taken back.")
    return decision


def _may_approve(actor: Actor, case: RecoveryCase) -> bool:
    decision = decision_proposed(case)
    is_second = bool(decision and actor.user and decision.proposer_id != actor.user.pk)
    return is_second and CaseStatus(case.status) == CaseStatus.PROPOSED


def _is_owed(case: RecoveryCase, kind: PaymentKind) -> Decision | None:
    decision = decision_in_force(case)
    if decision is None or decision.kind != DecisionKind.OWED:
        return None
    return decision if _left(case, decision, kind) > ZERO else None


def _left(case: RecoveryCase, decision: Decision, kind: PaymentKind) -> Decimal:
    """The headroom, reckoned once for a case in hand: several acts ask for it."""
    known: dict[str, Any] = vars(case).setdefault("_desk_headroom", {})
    if kind not in known:
        known[kind] = payment_headroom(decision, kind)
    left: Decimal = known[kind]
    return left


def _may_pay(kind: PaymentKind) -> Callable[[Actor, RecoveryCase], bool]:
    def fits(_actor: Actor, case: RecoveryCase) -> bool:
        return _is_owed(case, kind) is not None

    return fits


def _headroom(kind: PaymentKind) -> Callable[[Actor, RecoveryCase], Data]:
    def initial(_actor: Actor, case: RecoveryCase) -> Data:
        decision = _is_owed(case, kind)
        amount = _left(case, decision, kind) if decision else ZERO
        return {"amount": positive_text(amount)}

    return initial


def _version(_actor: Actor, case: RecoveryCase) -> Data:
    return {"version": case.version}


def _digest(_actor: Actor, case: RecoveryCase) -> Data:
    decision = decision_proposed(case)
    return {"shown_digest": decision.content_digest if decision else ""}


def _shown_version(data: Data) -> int:
    text = data["version"]
    return int(text) if text.isascii() and text.isdecimal() else 0


def _propose(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> object:
    return decision_propose(
        actor,
        case,
        result=data["result"],
        kind=DecisionKind(data["kind"]),
        amount=data["amount"],
        reason=data["reason"],
        now=now,
        shown_version=_shown_version(data),
    )


def _approve(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> object:
    return decision_approve(
        actor, _require_proposed(case), shown_digest=data["shown_digest"], now=now
    )


def _to_confirm(case: RecoveryCase) -> Decision | None:
    """The approved decision that waits for one click, if one does."""
    decision = decision_in_force(case)
    if decision is None or CaseStatus(case.status) in CASE_ENDED:
        return None
    return decision if decision_ground(decision) == Ground.IMMATERIAL else None


def _active_digest(case: RecoveryCase) -> str:
    active = case.event and case.event.active_assessment
    return active.digest if active else ""


def _reconfirm(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> object:
    decision = _to_confirm(case)
    if decision is None:
        raise NotReadyError("There is nothing to confirm with one click here.")
    return decision_reconfirm(
        actor, decision, shown_receipt=data["shown_receipt"], now=now
    )


def _pay(kind: PaymentKind) -> Callable[[Actor, RecoveryCase, Data, datetime], object]:
    def run(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> object:
        decision = decision_in_force(case)
        if decision is None:
            raise NotReadyError("There is no approved decision on this case.")
        details: dict[str, Any] = {
            key: data[key]
            for key in ("destination", "hold_reference", "conversion")
            if key in data
        }
        return payment_propose(
            actor, decision, kind=kind, amount=data["amount"], now=now, **details
        )

    return run


def _convert(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> str:
    decision = decision_in_force(case)
    if decision is None:
        raise NotReadyError("There is no approved decision on this case.")
    names = ("currency", "rate", "source", "quoted_at", "valid_until")
    quote = Quote(**{name: data[name] for name in names})
    made = conversion_record(actor, decision, data["amount"], quote, now=now)
    given = f"{format_amount(made.to_amount)} {made.to_asset}"
    return f"Recorded: {made} gives {given}. Propose the withdrawal with it."


CASE_ACTS = (
    Act(
        "take",
        "Take the case",
        lambda actor, case, _data, now: case_take(actor, case, now=now),
        "The case is yours.",
        _duties(CaseAction.TAKE),
        fits=_knows(CaseAction.TAKE),
        tone="primary",
    ),
    Act(
        "approve",
        "Approve the proposal",
        _approve,
        "Approved. The customer is told.",
        _duties(*_APPROVALS),
        DigestForm,
        _may_approve,
        _digest,
        tone="primary",
        hint="You approve exactly the sealed content shown on this page.",
    ),
    Act(
        "return",
        "Send the proposal back",
        lambda actor, case, data, now: decision_return(
            actor, _require_proposed(case), reason=data["reason"], now=now
        ),
        "Sent back.",
        _duties(CaseAction.RETURN_PROPOSAL),
        ReasonForm,
        _knows(CaseAction.RETURN_PROPOSAL),
    ),
    Act(
        "link-event",
        "Link the event",
        lambda actor, case, data, _now: case_link_event(
            actor, case, data["event"], shown_version=_shown_version(data)
        ),
        "The case has its event.",
        frozenset({Duty.WORK_CASE}),
        LinkEventForm,
        lambda actor, case: case.event_id is None and _is_open(actor, case),
        _version,
        tone="primary",
    ),
    Act(
        "propose",
        "Propose a decision",
        _propose,
        "Proposed. Somebody else must approve it.",
        _duties(CaseAction.PROPOSE_DECISION),
        ProposalForm,
        lambda actor, case: (
            case.event_id is not None
            and _knows(CaseAction.PROPOSE_DECISION)(actor, case)
            and may_propose_amounts(actor, now=timezone.now())
        ),
        proposal_initial,
        tone="primary",
        hint="Filled in from the assessment.",
    ),
    Act(
        "credit",
        "Propose a credit",
        _pay(PaymentKind.CREDIT),
        "Credit proposed. A checker must approve it.",
        frozenset({Duty.PROPOSE_PAYMENT}),
        CreditForm,
        _may_pay(PaymentKind.CREDIT),
        _headroom(PaymentKind.CREDIT),
        tone="primary",
        hint="To the customer's own balance. Filled in with what is still owed.",
    ),
    Act(
        "withdrawal",
        "Propose a withdrawal",
        _pay(PaymentKind.WITHDRAWAL),
        "Withdrawal proposed. A checker must approve it.",
        frozenset({Duty.PROPOSE_PAYMENT}),
        WithdrawalForm,
        _may_pay(PaymentKind.WITHDRAWAL),
        _headroom(PaymentKind.WITHDRAWAL),
        hint="Of credited money, to a verified destination on file.",
    ),
    Act(
        "conversion",
        "Record a conversion",
        _convert,
        "Recorded.",
        frozenset({Duty.PROPOSE_PAYMENT}),
        ConversionForm,
        _may_pay(PaymentKind.WITHDRAWAL),
        _headroom(PaymentKind.WITHDRAWAL),
        hint="Before a withdrawal to a bank: the rate that is sealed with it.",
    ),
    SHARE_ACT,
    *UNCLAIMED_ACTS,
    SET_OFF_ACT,
    GOODWILL_ACT,
    Act(
        "close",
        "Close the case",
        lambda actor, case, data, now: case_close(
            actor, case, reason=data["reason"], now=now
        ),
        "Closed.",
        _duties(CaseAction.CLOSE) - {Duty.BE_SYSTEM},
        ReasonForm,
        _knows(CaseAction.CLOSE),
    ),
    Act(
        "ask",
        "Ask the customer",
        lambda actor, case, data, now: case_ask_customer(
            actor, case, data["question"], now=now
        ),
        "Asked. The customer is told by mail.",
        _duties(CaseAction.ASK_CUSTOMER),
        QuestionForm,
        _knows(CaseAction.ASK_CUSTOMER),
    ),
    Act(
        "answer",
        "Record the answer",
        lambda actor, case, data, now: case_customer_answer(
            actor, case, data["answer"], now=now
        ),
        "Recorded. The case goes on.",
        frozenset({Duty.WORK_CASE}),
        AnswerForm,
        _knows(CaseAction.CUSTOMER_ANSWERED),
        tone="primary",
    ),
    Act(
        "ask-third-party",
        "Ask a third party",
        lambda actor, case, data, now: case_ask_third_party(
            actor, case, data["question"], now=now
        ),
        "Noted. The customer need do nothing meanwhile.",
        _duties(CaseAction.ASK_THIRD_PARTY),
        ThirdPartyForm,
        _knows(CaseAction.ASK_THIRD_PARTY),
    ),
    Act(
        "third-party-answer",
        "Record their answer",
        lambda actor, case, data, now: case_third_party_answer(
            actor, case, data["answer"], now=now
        ),
        "Recorded. The case goes on.",
        _duties(CaseAction.THIRD_PARTY_ANSWERED),
        AnswerForm,
        _knows(CaseAction.THIRD_PARTY_ANSWERED),
        tone="primary",
    ),
    Act(
        "reconfirm",
        "Confirm the decision",
        _reconfirm,
        "Confirmed on the new receipt.",
        frozenset({Duty.APPROVE_DECISION}),
        ReceiptForm,
        lambda _actor, case: _to_confirm(case) is not None,
        lambda _actor, case: {"shown_receipt": _active_digest(case)},
        tone="primary",
        hint="Assessed anew with equal amounts, reason and lines.",
    ),
    Act(
        "merge",
        "Merge into another case",
        lambda actor, case, data, now: case_merge(
            actor,
            case,
            data["into"],
            reason=data["reason"],
            now=now,
            shown_version=_shown_version(data),
        ),
        "Merged. Both references stay valid.",
        _duties(CaseAction.MERGE),
        MergeForm,
        _knows(CaseAction.MERGE),
        _version,
    ),
    Act(
        "unmerge",
        "Take out of the merge",
        lambda actor, case, data, now: case_unmerge(
            actor, case, reason=data["reason"], now=now
        ),
        "A case of its own again.",
        _duties(CaseAction.UNMERGE),
        ReasonForm,
        _knows(CaseAction.UNMERGE),
        tone="danger",
    ),
    Act(
        "note",
        "Add a note",
        lambda actor, case, data, _now: case_note(actor, case, data["text"]),
        "Noted.",
        _NOTES,
        NoteForm,
    ),
    Act(
        "tell",
        "Tell the customer how far it is",
        lambda actor, case, data, now: case_tell(actor, case, data["text"], now=now),
        "Told. The promised date moved on.",
        frozenset({Duty.WORK_CASE}),
        UpdateForm,
        lambda _actor, case: tell_case(CaseStatus(case.status)).has_promise,
    ),
    Act(
        "assign",
        "Hand over",
        lambda actor, case, data, _now: case_assign(actor, case, data["assignee"]),
        "Handed over.",
        frozenset({Duty.WORK_CASE}),
        AssignForm,
        _is_open,
    ),
    Act(
        "reopen",
        "Open again",
        lambda actor, case, data, now: case_reopen(
            actor, case, reason=data["reason"], now=now
        ),
        "Opened again.",
        _duties(CaseAction.REOPEN),
        ReasonForm,
        _knows(CaseAction.REOPEN),
        tone="danger",
    ),
)
