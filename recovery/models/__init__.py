"""Tables, constraints and `__str__`; no rules."""

from recovery.domain.work import JobKind, JobState
from recovery.models.assessments import Assessment, AssessmentLine, AssessmentResult
from recovery.models.audit import AuditEntry, AuditSeal, AuditValue
from recovery.models.breaks import Break, BreakState
from recovery.models.cases import CaseNote, Decision, RecoveryCase
from recovery.models.claims import Claim, ClaimCode
from recovery.models.events import Event
from recovery.models.exports import Workbook, WorkbookState
from recovery.models.heartbeats import Heartbeat
from recovery.models.jobs import Job, Round
from recovery.models.ledger import (
    EngineEntry,
    FundingRateEntry,
    LedgerEntry,
    MarkPriceEntry,
)
from recovery.models.outbox import OutboxMessage, OutboxState
from recovery.models.payments import Approval, Payment, PayoutBatch, Transition
from recovery.models.rate_limits import LimitedAct, RateCount
from recovery.models.rules import (
    FeeSchedule,
    FeeTierMembership,
    Instrument,
    LiquidationPolicy,
)
from recovery.models.sightings import Sighting
from recovery.models.source_files import (
    Provenance,
    RejectedRecord,
    SourceFile,
    SourceFileState,
)
from recovery.models.staff_notices import StaffNotice

__all__ = [
    "Approval",
    "Assessment",
    "AssessmentLine",
    "AssessmentResult",
    "AuditEntry",
    "AuditSeal",
    "AuditValue",
    "Break",
    "BreakState",
    "CaseNote",
    "Claim",
    "ClaimCode",
    "Decision",
    "EngineEntry",
    "Event",
    "FeeSchedule",
    "FeeTierMembership",
    "FundingRateEntry",
    "Heartbeat",
    "Instrument",
    "Job",
    "JobKind",
    "JobState",
    "LedgerEntry",
    "LimitedAct",
    "LiquidationPolicy",
    "MarkPriceEntry",
    "OutboxMessage",
    "OutboxState",
    "Payment",
    "PayoutBatch",
    "Provenance",
    "RateCount",
    "RecoveryCase",
    "RejectedRecord",
    "Round",
    "Sighting",
    "SourceFile",
    "SourceFileState",
    "StaffNotice",
    "Transition",
    "Workbook",
    "WorkbookState",
]
