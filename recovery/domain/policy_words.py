"""The words a policy may use, each vocabulary with its default first.

Source: case format, section 4.
"""

from enum import StrEnum


class MarkBasis(StrEnum):
    """What the mark price is; information."""

    MARK = "mark"
    INDEX = "index"
    ORACLE = "oracle"
    FAIR = "fair"


class TierMode(StrEnum):
    """How a tier's rate applies."""

    MARGINAL = "marginal"  # Each part of the notional at its own tier's rate.
    FLAT = "flat"  # The current tier's rate on everything.


class PriceBasis(StrEnum):
    """The price a notional is taken at."""

    MARK = "mark"
    ENTRY = "entry"
    BANKRUPTCY = "bankruptcy"


class NotionalBasis(StrEnum):
    """The price of a maintenance notional, or of used margin."""

    MARK = "mark"
    ENTRY = "entry"


class TierUnit(StrEnum):
    """Unit of the bounds of a tier."""

    NOTIONAL = "notional"
    QTY = "qty"


class LevelConvention(StrEnum):
    """Numerator and denominator of the margin level."""

    EQUITY_OVER_USED = "equity_over_used"
    EQUITY_OVER_MAINTENANCE = "equity_over_maintenance"
    MAINTENANCE_OVER_EQUITY = "maintenance_over_equity"
    ASSETS_OVER_DEBT = "assets_over_debt"
    EQUITY_OVER_LIQUIDATION_FEE = "equity_over_liquidation_fee"


class Comparison(StrEnum):
    """Triggered when the level compares so with the trigger."""

    BELOW = "<"
    AT_OR_BELOW = "<="
    ABOVE = ">"
    AT_OR_ABOVE = ">="


class StepType(StrEnum):
    """How much one reduction step closes."""

    RESTORE = "restore"
    FRACTION = "fraction"
    TIERS_DOWN = "tiers_down"
    TO_TIER = "to_tier"
    LOTS = "lots"
    WHOLE_POSITION = "whole_position"
    TIME_RAMP = "time_ramp"
    NOTIONAL_CAP = "notional_cap"
    NONE = "none"


class StepNotionalBasis(StrEnum):
    """The price a step's notional limits are measured at."""

    MARK = "mark"
    FILL = "fill"


class StopRule(StrEnum):
    """When a reduction ends."""

    AT_THRESHOLD = "at_threshold"
    AT_TARGET = "at_target"
    AT_TIER = "at_tier"
    WHOLE_POSITION = "whole_position"


class OrderOfPositions(StrEnum):
    """Which position of a cross scope is reduced first."""

    GIVEN = "given"
    LARGEST_LOSS_FIRST = "largest_loss_first"
    LARGEST_MARGIN_FIRST = "largest_margin_first"


class OrderType(StrEnum):
    """How the closing order is sent; information."""

    MARKET = "market"
    IOC = "ioc"
    FOK = "fok"
    LIMIT_AT_BANKRUPTCY = "limit_at_bankruptcy"


class FeeBase(StrEnum):
    """The notional a liquidation fee is charged on."""

    FILL_NOTIONAL = "fill_notional"
    MARK_NOTIONAL = "mark_notional"
    ENTRY_NOTIONAL = "entry_notional"
    VALUE_SOLD = "value_sold"
    DEBT_REPAID = "debt_repaid"


class TradingFeeBase(StrEnum):
    """The notional a trading fee is charged on."""

    FILL_NOTIONAL = "fill_notional"
    ENTRY_NOTIONAL = "entry_notional"


class FeeOf(StrEnum):
    """Which forced fills a liquidation fee counts."""

    ALL_FILLS = "all_fills"
    FINAL_FILL = "final_fill"


class FeeRule(StrEnum):
    """How the liquidation fee is found."""

    NONE = "none"
    RATE_OF_NOTIONAL = "rate_of_notional"
    RATE_CAPPED_TO_SURPLUS = "rate_capped_to_surplus"
    FIXED = "fixed"
    ALL_SURPLUS = "all_surplus"
    IN_PRICE = "in_price"
    SCALED_TO_REMAINING = "scaled_to_remaining"
    RAMPED = "ramped"


class FeeCondition(StrEnum):
    """When a fixed liquidation fee is charged."""

    ALWAYS = "always"
    INSOLVENT_ONLY = "insolvent_only"


class FeeReceiver(StrEnum):
    """Who receives the liquidation fee."""

    INSURANCE_FUND = "insurance_fund"
    LIQUIDATOR = "liquidator"
    POOL = "pool"
    VENUE = "venue"


class TakeoverReceiver(StrEnum):
    """Who gains when a fill is better than the takeover price."""

    INSURANCE_FUND = "insurance_fund"
    POOL = "pool"
    VENUE = "venue"


class SurplusReceiver(StrEnum):
    """Who receives what is left after the liquidation fee."""

    CUSTOMER = "customer"
    INSURANCE_FUND = "insurance_fund"
    LIQUIDATOR = "liquidator"
    POOL = "pool"
    VENUE = "venue"


class Bearer(StrEnum):
    """Who bears a deficit."""

    INSURANCE_FUND = "insurance_fund"
    ADL = "adl"
    SOCIALISED = "socialised"
    LENDERS = "lenders"
    POOL = "pool"
    VENUE = "venue"
    CUSTOMER = "customer"


class SettlePer(StrEnum):
    """Whether fee cap and cover act at the close or at every forced fill."""

    CLOSE = "close"
    FILL = "fill"


class BankruptcyAllocation(StrEnum):
    """Which part of a cross scope's equity backs one position."""

    ALL_OTHER_EQUITY = "all_other_equity"
    PRO_RATA_MAINTENANCE = "pro_rata_maintenance"
    PRO_RATA_VALUE = "pro_rata_value"


class AdlPrice(StrEnum):
    """Price of an ADL fill that states none."""

    BANKRUPTCY = "bankruptcy"
    MARK = "mark"
    PREVIOUS_MARK = "previous_mark"


class InterestRule(StrEnum):
    """How started time counts."""

    PER_STARTED_HOUR = "per_started_hour"
    PER_STARTED_PERIOD = "per_started_period"
    OPENING_PLUS_ROLLOVER = "opening_plus_rollover"


class SellOrder(StrEnum):
    """Which collateral is sold first."""

    GIVEN = "given"
    LOWEST_HAIRCUT = "lowest_haircut"
    HIGHEST_LIQUIDITY = "highest_liquidity"


class HaircutAt(StrEnum):
    """Where a haircut acts."""

    TRIGGER = "trigger"
    SETTLEMENT = "settlement"


class SocialisedAllocation(StrEnum):
    """How a loss is shared."""

    PRO_RATA_DUE = "pro_rata_due"
    PER_OPEN_UNIT = "per_open_unit"


class RemainderTo(StrEnum):
    """Who gets what rounding leaves over, or the excess of a charge."""

    NONE = "none"
    LAST = "last"
    INSURANCE_FUND = "insurance_fund"
