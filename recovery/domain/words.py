"""Small closed vocabularies shared by core, tables and pages."""

from enum import StrEnum


class EventKind(StrEnum):
    """What happened to a position."""

    LIQUIDATION = "liquidation"
    POSITION_REDUCTION = "position_reduction"  # Own trigger, position left open.
    ADL = "adl"  # Closed against another's bankruptcy.


class Basis(StrEnum):
    """How an assessment line knows its expected amount."""

    COMPUTED = "computed"
    RECORDED = "recorded"  # Taken from the records; nothing to check it with.
    NOT_VERIFIABLE = "not_verifiable"


class BreakReason(StrEnum):
    """Why expected and received differ, or why they rightly do (ANCHORS §4.1)."""

    OPERATION_UNKNOWN = "OPERATION_UNKNOWN"
    CHAIN_INCOMPLETE = "CHAIN_INCOMPLETE"
    NOT_DUE = "NOT_DUE"
    POLICY_TO_FUND = "POLICY_TO_FUND"
    DEFICIT_COVERED = "DEFICIT_COVERED"
    DEFICIT_OVERCHARGED = "DEFICIT_OVERCHARGED"
    DEFICIT_OPEN = "DEFICIT_OPEN"
    CREDIT_DUPLICATE = "CREDIT_DUPLICATE"
    CREDIT_MISSING = "CREDIT_MISSING"
    ROUNDING = "ROUNDING"
    WITHIN_TOLERANCE = "WITHIN_TOLERANCE"
    FEE_VARIANCE = "FEE_VARIANCE"
    FUNDING_VARIANCE = "FUNDING_VARIANCE"
    PRICE_VARIANCE = "PRICE_VARIANCE"
    CREDIT_SHORT = "CREDIT_SHORT"
    CREDIT_OVER = "CREDIT_OVER"
    UNCLASSIFIED = "UNCLASSIFIED"


# Reasons that say everything is as it should be, or wait by themselves.
EXPLAINED = frozenset(
    {
        BreakReason.NOT_DUE,
        BreakReason.POLICY_TO_FUND,
        BreakReason.DEFICIT_COVERED,
        BreakReason.ROUNDING,
        BreakReason.WITHIN_TOLERANCE,
    }
)
# Reasons that stop a figure from being acted upon until the data is whole.
HOLDING = frozenset({BreakReason.OPERATION_UNKNOWN, BreakReason.CHAIN_INCOMPLETE})


class DecisionKind(StrEnum):
    """How a case ends."""

    OWED = "owed"
    NOT_OWED = "not_owed"
    DEFICIT = "deficit"


class DecisionStatus(StrEnum):
    """Where a decision stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RETURNED = "returned"
    VOIDED = "voided"


class PaymentKind(StrEnum):
    """How money moves."""

    CREDIT = "credit"  # To the customer's own balance, by the platform.
    WITHDRAWAL = "withdrawal"  # Out of it, to a destination on file.
    GOODWILL = "goodwill"  # To the own balance though it is not owed.
