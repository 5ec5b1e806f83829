"""What staff are told, whom it concerns, and how soon (ANCHORS §4.3).

Customers are told by mails of their own (`services.mails`); this is the desk's side.
A piece of news names no customer and no amount: whoever reads it opens the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from recovery.domain.duties import Duty
from recovery.domain.lifecycle import CaseAction, CollectionAction, PaymentAction

# How long news that is not urgent waits, so that many become one mail.
DIGEST_EVERY = timedelta(hours=1)
# So many mails of urgent news within an hour; then it waits for the digest too.
URGENT_AN_HOUR = 5


class StaffNews(StrEnum):
    """One kind of news for staff."""

    INFO_RECEIVED = "info.received"
    UPDATE_PROMISED_DUE = "update.promised_due"
    SLA_WARNING_50 = "sla.warning_50"
    SLA_WARNING_75 = "sla.warning_75"
    SLA_BREACHED = "sla.breached"
    UPDATE_OVERDUE = "update.overdue"
    CASE_UNASSIGNED = "case.unassigned"
    CASE_CLOSED = "case.closed"
    CASE_REOPENED = "case.reopened"
    CALC_CHANGED = "calc.changed"
    DESTINATION_PROPOSED = "destination.proposed"
    WITHDRAWAL_REQUESTED = "withdrawal.requested"
    APPROVAL_WAITING = "approval.waiting"
    APPROVAL_VOIDED = "approval.voided"
    APPROVAL_SELF_REFUSED = "approval.self_refused"
    AMOUNT_APPROVED = "amount.approved"
    PAYMENT_APPROVED = "payment.approved"
    PAYMENT_POSTED = "credit.posted"
    PAYOUT_CONFIRMED = "payout.confirmed"
    DEFICIT_DECIDED = "deficit.decided"
    DEFICIT_MISSED = "deficit.missed"
    DEFICIT_ENDED = "deficit.ended"
    ADJUSTMENT_OPENED = "adjustment.opened"
    PROPOSAL_RETURNED = "amount.returned"
    PAYOUT_UNCERTAIN = "payout.uncertain"
    PAYOUT_RETURNED = "payout.returned"
    IMPORT_FINISHED = "import.finished"
    IMPORT_REFUSED = "import.refused"
    IMPORT_REJECTED_ROWS = "import.rejected_rows"
    CONTROL_TOTAL_MISMATCH = "run.control_total_mismatch"
    RULES_CHANGED = "rulepack.activated"
    WATCH_HIT = "watch.hit"
    AUDIT_VERIFY_FAILED = "audit.verify_failed"
    OUTBOX_STUCK = "outbox.stuck"
    JOB_STOPPED = "job.stopped"
    WORK_LATE = "work.late"
    MESSAGE_STRAY = "message.stray"


@dataclass(frozen=True, slots=True)
class NewsRule:
    """How one kind of news is told.

    Attributes:
        says: The news in words, before the subject it is about.
        duties: Whoever holds any of them is told.
        is_urgent: Told with the next sweep instead of the next digest.
    """

    says: str
    duties: frozenset[Duty]
    is_urgent: bool = False


def _to(says: str, *duties: Duty, urgent: bool = False) -> NewsRule:
    return NewsRule(says, frozenset(duties), urgent)


_N, _D = StaffNews, Duty
_APPROVERS = (
    _D.APPROVE_DECISION,
    _D.APPROVE_PAYMENT,
    _D.RELEASE_BATCH,
    _D.APPROVE_WRITE_OFF,
)

STAFF_NEWS: Mapping[StaffNews, NewsRule] = MappingProxyType(
    {
        _N.INFO_RECEIVED: _to("The customer answered", _D.WORK_CASE),
        _N.UPDATE_PROMISED_DUE: _to("An update is promised within a day", _D.WORK_CASE),
        _N.UPDATE_OVERDUE: _to("A promised update is late", _D.WORK_CASE, urgent=True),
        _N.SLA_WARNING_50: _to("Half of the time for it has run", _D.WORK_CASE),
        _N.SLA_WARNING_75: _to(
            "Three quarters of the time for it have run", _D.WORK_CASE, _D.REOPEN_CASE
        ),
        _N.SLA_BREACHED: _to(
            "The time for it is over", _D.WORK_CASE, _D.REOPEN_CASE, urgent=True
        ),
        _N.CASE_UNASSIGNED: _to("Nobody has taken it for a day", _D.WORK_CASE),
        _N.CASE_CLOSED: _to("Closed", _D.WORK_CASE),
        _N.CASE_REOPENED: _to("Opened again", _D.WORK_CASE),
        _N.AMOUNT_APPROVED: _to(
            "An amount is approved: its payment can be proposed", _D.PROPOSE_PAYMENT
        ),
        _N.PAYMENT_APPROVED: _to(
            "A payment is approved: it can go into a batch", _D.BUILD_BATCH
        ),
        _N.PAYMENT_POSTED: _to("A credit was seen in the ledger", _D.BUILD_BATCH),
        _N.PAYOUT_CONFIRMED: _to("A withdrawal arrived", _D.BUILD_BATCH),
        _N.DEFICIT_DECIDED: _to("A deficit was decided", _D.COLLECT_DEFICIT),
        _N.DEFICIT_MISSED: _to("An instalment did not come in", _D.COLLECT_DEFICIT),
        _N.DEFICIT_ENDED: _to("The collection of a deficit ended", _D.COLLECT_DEFICIT),
        _N.CALC_CHANGED: _to(
            "The calculation changed", _D.WORK_CASE, _D.PROPOSE_DECISION
        ),
        _N.DESTINATION_PROPOSED: _to(
            "A customer proposed a destination: verify it by another way than a mail",
            _D.WORK_CASE,
            _D.PROPOSE_PAYMENT,
        ),
        _N.WITHDRAWAL_REQUESTED: _to(
            "A customer chose where the money should go", _D.PROPOSE_PAYMENT
        ),
        _N.APPROVAL_WAITING: _to("Waits for a second person", *_APPROVERS),
        _N.APPROVAL_VOIDED: _to(
            "A proposal or approval fell, since what it rests on changed",
            *_APPROVERS,
            _D.PROPOSE_DECISION,
            _D.PROPOSE_PAYMENT,
            urgent=True,
        ),
        _N.APPROVAL_SELF_REFUSED: _to(
            "Somebody tried to approve the own proposal",
            _D.READ_AUDIT,
            _D.REOPEN_CASE,
            urgent=True,
        ),
        _N.ADJUSTMENT_OPENED: _to(
            "A result changed after money had left",
            _D.APPROVE_DECISION,
            _D.PROPOSE_DECISION,
            _D.REOPEN_CASE,
            urgent=True,
        ),
        _N.PROPOSAL_RETURNED: _to(
            "Sent back with a reason", _D.PROPOSE_DECISION, _D.COLLECT_DEFICIT
        ),
        _N.PAYOUT_UNCERTAIN: _to(
            "Nobody knows whether a payment arrived", _D.CONFIRM_PAYMENT, urgent=True
        ),
        _N.PAYOUT_RETURNED: _to(
            "A payment came back", _D.CONFIRM_PAYMENT, _D.WORK_CASE, urgent=True
        ),
        _N.IMPORT_FINISHED: _to("Imported", _D.IMPORT_FILES),
        _N.IMPORT_REFUSED: _to("A file was refused", _D.IMPORT_FILES),
        _N.IMPORT_REJECTED_ROWS: _to("Rows need a look", _D.IMPORT_FILES),
        _N.CONTROL_TOTAL_MISMATCH: _to(
            "A file does not add up to its own control totals",
            _D.IMPORT_FILES,
            _D.EXPORT_WORKBOOK,
            urgent=True,
        ),
        _N.RULES_CHANGED: _to(
            "Rules changed", _D.WORK_CASE, _D.PROPOSE_DECISION, _D.ACTIVATE_RULES
        ),
        _N.WATCH_HIT: _to(
            "Something on the watch list was seen",
            _D.WORK_CASE,
            _D.HOLD_PAYMENT,
            urgent=True,
        ),
        _N.AUDIT_VERIFY_FAILED: _to(
            "The audit does not prove itself any more",
            _D.ADMINISTER_PEOPLE,
            _D.READ_AUDIT,
            urgent=True,
        ),
        _N.OUTBOX_STUCK: _to("Mails do not leave", _D.ADMINISTER_PEOPLE),
        _N.JOB_STOPPED: _to(
            "A job was tried, stopped and needs a person",
            _D.ADMINISTER_PEOPLE,
            urgent=True,
        ),
        _N.WORK_LATE: _to(
            "Periodic work was not begun in its time", _D.ADMINISTER_PEOPLE, urgent=True
        ),
        _N.MESSAGE_STRAY: _to(
            "Messages came that no worker can do anything with",
            _D.ADMINISTER_PEOPLE,
            urgent=True,
        ),
    }
)

# Steps of the lifecycles that are news; all others are somebody's own doing.
CASE_STEP_NEWS: Mapping[CaseAction, StaffNews] = MappingProxyType(
    {
        CaseAction.CUSTOMER_ANSWERED: _N.INFO_RECEIVED,
        CaseAction.PROPOSE_DECISION: _N.APPROVAL_WAITING,
        CaseAction.RETURN_PROPOSAL: _N.PROPOSAL_RETURNED,
        CaseAction.VOID_PROPOSAL: _N.APPROVAL_VOIDED,
        CaseAction.VOID_DECISION: _N.APPROVAL_VOIDED,
        CaseAction.APPROVE_OWED: _N.AMOUNT_APPROVED,
        CaseAction.APPROVE_DEFICIT: _N.DEFICIT_DECIDED,
        CaseAction.EXPIRE: _N.CASE_CLOSED,
        CaseAction.CLOSE: _N.CASE_CLOSED,
        CaseAction.REOPEN: _N.CASE_REOPENED,
    }
)
PAYMENT_STEP_NEWS: Mapping[PaymentAction, StaffNews] = MappingProxyType(
    {
        PaymentAction.VOID_APPROVAL: _N.APPROVAL_VOIDED,
        PaymentAction.APPROVE: _N.PAYMENT_APPROVED,
        PaymentAction.POST: _N.PAYMENT_POSTED,
        PaymentAction.CONFIRM: _N.PAYOUT_CONFIRMED,
        PaymentAction.MARK_UNCERTAIN: _N.PAYOUT_UNCERTAIN,
        PaymentAction.MARK_RETURNED: _N.PAYOUT_RETURNED,
    }
)
COLLECTION_STEP_NEWS: Mapping[CollectionAction, StaffNews] = MappingProxyType(
    {
        CollectionAction.PROPOSE_WRITE_OFF: _N.APPROVAL_WAITING,
        CollectionAction.RETURN_WRITE_OFF: _N.PROPOSAL_RETURNED,
        CollectionAction.MISS_INSTALMENT: _N.DEFICIT_MISSED,
        CollectionAction.SETTLE: _N.DEFICIT_ENDED,
        CollectionAction.APPROVE_WRITE_OFF: _N.DEFICIT_ENDED,
        CollectionAction.TAKE_BACK: _N.DEFICIT_ENDED,
    }
)
