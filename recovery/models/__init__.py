"""Tables, constraints and `__str__`; no rules."""

from recovery.domain.work import JobKind, JobState
from recovery.models.approval_rules import ApprovalPolicy, AssetPrice, SpendCounter
from recovery.models.assessments import Assessment, AssessmentLine, AssessmentResult
from recovery.models.audit import AuditEntry, AuditSeal, AuditValue
from recovery.models.breaks import Break, BreakState
from recovery.models.cases import CaseNote, Decision, RecoveryCase
from recovery.models.claims import Claim, ClaimCode
from recovery.models.collections import Collection, DeficitShare, Instalment
from recovery.models.destination_choices import DestinationChoice
from recovery.models.events import Event
from recovery.models.exports import Workbook, WorkbookState
from recovery.models.goodwill import GoodwillBudget, GoodwillReason
from recovery.models.heartbeats import Heartbeat
from recovery.models.jobs import Job, Round
from recovery.models.ledger import (
    EngineEntry,
    FundingRateEntry,
    LedgerEntry,
    MarkPriceEntry,
    PositionEntry,
)
from recovery.models.mappings import LayoutMapping, MappingStatus, OperationMapping
from recovery.models.outbox import OutboxMessage, OutboxState
from recovery.models.payments import Approval, Payment, PayoutBatch
from recovery.models.payout_terms import Conversion, NetworkFeeRule
from recovery.models.rate_limits import LimitedAct, RateCount
from recovery.models.reconfirmations import (
    Adjustment,
    AdjustmentOutcome,
    AdjustmentState,
    Reconfirmation,
)
from recovery.models.recorded_shares import RecordedShare
from recovery.models.rules import (
    FeeSchedule,
    FeeTierMembership,
    Instrument,
    LiquidationPolicy,
)
from recovery.models.set_offs import SetOff, SetOffPolicy
from recovery.models.sightings import Sighting
from recovery.models.source_files import (
    DayOrder,
    MendedRecord,
    Provenance,
    RejectedRecord,
    SourceFile,
    SourceFileState,
)
from recovery.models.staff_notices import StaffNotice
from recovery.models.stray_messages import StrayMessage
from recovery.models.transitions import Transition
from recovery.models.unclaimed import ContactAttempt, UnclaimedRelease, UnclaimedRule
from recovery.models.watch import WatchEntry, WatchKind

__all__ = [
    "Adjustment",
    "AdjustmentOutcome",
    "AdjustmentState",
    "Approval",
    "ApprovalPolicy",
    "Assessment",
    "AssessmentLine",
    "AssessmentResult",
    "AssetPrice",
    "AuditEntry",
    "AuditSeal",
    "AuditValue",
    "Break",
    "BreakState",
    "CaseNote",
    "Claim",
    "ClaimCode",
    "Collection",
    "ContactAttempt",
    "Conversion",
    "DayOrder",
    "Decision",
    "DeficitShare",
    "DestinationChoice",
    "EngineEntry",
    "Event",
    "FeeSchedule",
    "FeeTierMembership",
    "FundingRateEntry",
    "GoodwillBudget",
    "GoodwillReason",
    "Heartbeat",
    "Instalment",
    "Instrument",
    "Job",
    "JobKind",
    "JobState",
    "LayoutMapping",
    "LedgerEntry",
    "LimitedAct",
    "LiquidationPolicy",
    "MappingStatus",
    "MarkPriceEntry",
    "MendedRecord",
    "NetworkFeeRule",
    "OperationMapping",
    "OutboxMessage",
    "OutboxState",
    "Payment",
    "PayoutBatch",
    "PositionEntry",
    "Provenance",
    "RateCount",
    "Reconfirmation",
    "RecordedShare",
    "RecoveryCase",
    "RejectedRecord",
    "Round",
    "SetOff",
    "SetOffPolicy",
    "Sighting",
    "SourceFile",
    "SourceFileState",
    "SpendCounter",
    "StaffNotice",
    "StrayMessage",
    "Transition",
    "UnclaimedRelease",
    "UnclaimedRule",
    "WatchEntry",
    "WatchKind",
    "Workbook",
    "WorkbookState",
]
