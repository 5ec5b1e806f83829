"""What may be done to a case: the lifecycle table as buttons."""

from recovery.admin.acts import Act
from recovery.admin.case_decision_acts import (
    PROPOSE_ACT,
    RECONFIRM_ACT,
    SECOND_PERSON_ACTS,
)
from recovery.admin.case_forms import (
    AnswerForm,
    AssignForm,
    LinkEventForm,
    MergeForm,
    NoteForm,
    QuestionForm,
    ThirdPartyForm,
    UpdateForm,
)
from recovery.admin.case_payment_acts import PAYMENT_ACTS
from recovery.admin.case_steps import (
    case_duties,
    case_is_open,
    case_knows,
    shown_version,
    version_shown,
)
from recovery.admin.forms import ReasonForm
from recovery.admin.goodwill import GOODWILL_ACT
from recovery.admin.recorded_shares import SHARE_ACT
from recovery.admin.set_off_acts import SET_OFF_ACT
from recovery.admin.unclaimed_acts import UNCLAIMED_ACTS
from recovery.domain.claims import tell_case
from recovery.domain.duties import Duty
from recovery.domain.lifecycle import CaseAction, CaseStatus
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

CASE_ACTS = (
    Act(
        "take",
        "Take the case",
        lambda actor, case, _data, now: case_take(actor, case, now=now),
        "The case is yours.",
        case_duties(CaseAction.TAKE),
        fits=case_knows(CaseAction.TAKE),
        tone="primary",
    ),
    *SECOND_PERSON_ACTS,
    Act(
        "link-event",
        "Link the event",
        lambda actor, case, data, _now: case_link_event(
            actor, case, data["event"], shown_version=shown_version(data)
        ),
        "The case has its event.",
        frozenset({Duty.WORK_CASE}),
        LinkEventForm,
        lambda actor, case: case.event_id is None and case_is_open(actor, case),
        version_shown,
        tone="primary",
    ),
    PROPOSE_ACT,
    *PAYMENT_ACTS,
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
        case_duties(CaseAction.CLOSE) - {Duty.BE_SYSTEM},
        ReasonForm,
        case_knows(CaseAction.CLOSE),
    ),
    Act(
        "ask",
        "Ask the customer",
        lambda actor, case, data, now: case_ask_customer(
            actor, case, data["question"], now=now
        ),
        "Asked. The customer is told by mail.",
        case_duties(CaseAction.ASK_CUSTOMER),
        QuestionForm,
        case_knows(CaseAction.ASK_CUSTOMER),
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
        case_knows(CaseAction.CUSTOMER_ANSWERED),
        tone="primary",
    ),
    Act(
        "ask-third-party",
        "Ask a third party",
        lambda actor, case, data, now: case_ask_third_party(
            actor, case, data["question"], now=now
        ),
        "Noted. The customer need do nothing meanwhile.",
        case_duties(CaseAction.ASK_THIRD_PARTY),
        ThirdPartyForm,
        case_knows(CaseAction.ASK_THIRD_PARTY),
    ),
    Act(
        "third-party-answer",
        "Record their answer",
        lambda actor, case, data, now: case_third_party_answer(
            actor, case, data["answer"], now=now
        ),
        "Recorded. The case goes on.",
        case_duties(CaseAction.THIRD_PARTY_ANSWERED),
        AnswerForm,
        case_knows(CaseAction.THIRD_PARTY_ANSWERED),
        tone="primary",
    ),
    RECONFIRM_ACT,
    Act(
        "merge",
        "Merge into another case",
        lambda actor, case, data, now: case_merge(
            actor,
            case,
            data["into"],
            reason=data["reason"],
            now=now,
            shown_version=shown_version(data),
        ),
        "Merged. Both references stay valid.",
        case_duties(CaseAction.MERGE),
        MergeForm,
        case_knows(CaseAction.MERGE),
        version_shown,
    ),
    Act(
        "unmerge",
        "Take out of the merge",
        lambda actor, case, data, now: case_unmerge(
            actor, case, reason=data["reason"], now=now
        ),
        "A case of its own again.",
        case_duties(CaseAction.UNMERGE),
        ReasonForm,
        case_knows(CaseAction.UNMERGE),
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
        case_is_open,
    ),
    Act(
        "reopen",
        "Open again",
        lambda actor, case, data, now: case_reopen(
            actor, case, reason=data["reason"], now=now
        ),
        "Opened again.",
        case_duties(CaseAction.REOPEN),
        ReasonForm,
        case_knows(CaseAction.REOPEN),
        tone="danger",
    ),
)
