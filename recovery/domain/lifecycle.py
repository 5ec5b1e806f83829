"""The three lifecycles: a case ends at a decision, a payment at a confirmation.

One immutable table per lifecycle, each in a module of its own; pages, services and the
guards of the database read them. Source: design §6, ANCHORS §4.2.
"""

from recovery.domain.lifecycle_case import (
    CASE_CLOCKS,
    CASE_DECIDED,
    CASE_ENDED,
    CASE_STEPS,
    CASE_UNDECIDED,
    CaseAction,
    CaseStatus,
    case_actions,
    case_clock,
    case_step,
)
from recovery.domain.lifecycle_collection import (
    COLLECTION_CLOCKS,
    COLLECTION_ENDED,
    COLLECTION_STEPS,
    CollectionAction,
    CollectionStatus,
    collection_actions,
    collection_clock,
    collection_step,
)
from recovery.domain.lifecycle_payment import (
    HELD_FROM,
    PAYMENT_CLOCKS,
    PAYMENT_PAID,
    PAYMENT_STEPS,
    PAYMENT_VOID,
    PaymentAction,
    PaymentStatus,
    payment_actions,
    payment_clock,
    payment_step,
)
from recovery.domain.lifecycle_step import Clock, ClockKind, Step, Steps

__all__ = [
    "CASE_CLOCKS",
    "CASE_DECIDED",
    "CASE_ENDED",
    "CASE_STEPS",
    "CASE_UNDECIDED",
    "COLLECTION_CLOCKS",
    "COLLECTION_ENDED",
    "COLLECTION_STEPS",
    "HELD_FROM",
    "PAYMENT_CLOCKS",
    "PAYMENT_PAID",
    "PAYMENT_STEPS",
    "PAYMENT_VOID",
    "CaseAction",
    "CaseStatus",
    "Clock",
    "ClockKind",
    "CollectionAction",
    "CollectionStatus",
    "PaymentAction",
    "PaymentStatus",
    "Step",
    "Steps",
    "case_actions",
    "case_clock",
    "case_step",
    "collection_actions",
    "collection_clock",
    "collection_step",
    "payment_actions",
    "payment_clock",
    "payment_step",
]
