"""The rules in force: one value per question a venue answers in its own way.

Everything here is data with dates. A `Policy` is read once and used for many
settlements; absent keys have the default of the case format.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from recovery.domain.money import ONE, ZERO, Rounding
from recovery.domain.policy_words import (
    AdlPrice,
    BankruptcyAllocation,
    Bearer,
    Comparison,
    FeeBase,
    FeeCondition,
    FeeOf,
    FeeReceiver,
    FeeRule,
    HaircutAt,
    InterestRule,
    LevelConvention,
    MarkBasis,
    NotionalBasis,
    OrderOfPositions,
    OrderType,
    PriceBasis,
    RemainderTo,
    SellOrder,
    SettlePer,
    SocialisedAllocation,
    StepNotionalBasis,
    StepType,
    StopRule,
    SurplusReceiver,
    TakeoverReceiver,
    TierMode,
    TierUnit,
    TradingFeeBase,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTier:
    """A tier applies for lower < n <= upper; `amount` is a published deduction."""

    lower: Decimal = ZERO
    upper: Decimal | None = None
    rate: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenancePolicy:
    """How the maintenance margin is found."""

    mode: TierMode = TierMode.MARGINAL
    basis: NotionalBasis = NotionalBasis.MARK
    tiers: tuple[MarginTier, ...] = ()
    tier_unit: TierUnit = TierUnit.NOTIONAL
    includes_close_fee: bool = False
    close_fee_rate: Decimal | None = None
    close_fee_basis: PriceBasis = PriceBasis.MARK
    buffer_rate: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginLevelPolicy:
    """How the margin level is found and when it triggers."""

    convention: LevelConvention = LevelConvention.EQUITY_OVER_USED
    used_basis: NotionalBasis = NotionalBasis.ENTRY
    includes_close_fee: bool = False
    close_fee_rate: Decimal | None = None
    trigger: Decimal | None = None
    comparison: Comparison = Comparison.BELOW
    warning: Decimal | None = None
    max_leverage: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionStep:
    """The size of one step; which fields count depends on `type`."""

    type: StepType
    fraction: Decimal | None = None
    above_notional: Decimal | None = None
    then: StepType | None = None
    tiers: int | None = None
    tier: int | None = None
    min_qty: Decimal | None = None
    max_qty: Decimal | None = None
    per_second: Decimal | None = None
    initial_fraction: Decimal | None = None
    duration_seconds: Decimal | None = None
    all_below_notional: Decimal | None = None
    max_portion: Decimal | None = None
    min_notional: Decimal | None = None
    max_notional: Decimal | None = None
    max_insurance_loss: Decimal | None = None
    notional_basis: StepNotionalBasis = StepNotionalBasis.MARK


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionPolicy:
    """The automatic position reduction: step, stop and order."""

    step: ReductionStep | None = None
    stop_rule: StopRule = StopRule.AT_THRESHOLD
    target: Decimal | None = None
    size_step: Decimal | None = None
    cooldown_seconds: Decimal = ZERO
    cancel_orders_first: bool = False
    net_hedges: bool = False
    order_of_positions: OrderOfPositions = OrderOfPositions.GIVEN
    order_type: OrderType = OrderType.MARKET


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeScheduleEntry:
    """A trading fee rate from an instant on."""

    valid_from: datetime
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationFeePolicy:
    """The liquidation fee; which rates count depends on `rule`."""

    rule: FeeRule = FeeRule.NONE
    rate: Decimal | None = None
    base: FeeBase = FeeBase.FILL_NOTIONAL
    of: FeeOf = FeeOf.ALL_FILLS
    to: FeeReceiver = FeeReceiver.INSURANCE_FUND
    in_addition_to_taker: bool = True
    amount: Decimal | None = None
    condition: FeeCondition = FeeCondition.ALWAYS
    liquidator_rate: Decimal | None = None
    insurance_fund_rate: Decimal | None = None
    max_rate: Decimal | None = None
    factor: Decimal | None = None
    increase_per_slot: Decimal | None = None
    grace_slots: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestPolicy:
    """Interest of a loan: rate per period, started time counted by rule."""

    rule: InterestRule = InterestRule.PER_STARTED_HOUR
    rate: Decimal | None = None
    period_hours: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralPolicy:
    """How collateral is sold."""

    sell_order: SellOrder = SellOrder.GIVEN
    haircut_at: HaircutAt = HaircutAt.TRIGGER
    size_step: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialisedPolicy:
    """How a loss is shared."""

    allocation: SocialisedAllocation = SocialisedAllocation.PRO_RATA_DUE
    minimum_rate: Decimal | None = None
    remainder_to: RemainderTo = RemainderTo.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLimitPolicy:
    """Keys of the optional order limit price."""

    bankruptcy_adjustment: Decimal | None = None
    spread_to_maintenance_ratio: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundingRules:
    """Rounding of booked amounts by what they are; None means none."""

    money: Rounding | None = None
    notional: Rounding | None = None
    size: Rounding | None = None
    rate: Rounding | None = None
    cash_flow: Rounding | None = None
    weight: Rounding | None = None
    collateral_asset: Rounding | None = None


SurplusShares = tuple[tuple[SurplusReceiver, Decimal], ...]

TO_CUSTOMER: SurplusShares = ((SurplusReceiver.CUSTOMER, ONE),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a venue decides, as in force for one case.

    The shares of `surplus_to` and `insolvent_surplus_to` add up to 1;
    `deficit_to` is in the order in which the bearers are asked.
    """

    valid_from: datetime | None = None
    valid_to: datetime | None = None
    mark_basis: MarkBasis = MarkBasis.MARK
    maintenance: MaintenancePolicy = MaintenancePolicy()
    margin_level: MarginLevelPolicy | None = None
    reduction: ReductionPolicy | None = None
    trading_fee_rate: Decimal = ZERO
    trading_fee_schedule: tuple[FeeScheduleEntry, ...] = ()
    trading_fee_base: TradingFeeBase = TradingFeeBase.FILL_NOTIONAL
    opening_fee_rate: Decimal | None = None
    liquidation_fee: LiquidationFeePolicy = LiquidationFeePolicy()
    takeover_at_bankruptcy: bool = False
    takeover_level: Decimal | None = None
    takeover_surplus_to: TakeoverReceiver = TakeoverReceiver.INSURANCE_FUND
    surplus_to: SurplusShares = TO_CUSTOMER
    insolvent_surplus_to: SurplusShares | None = None  # None: as `surplus_to`.
    deficit_to: tuple[Bearer, ...] = (Bearer.INSURANCE_FUND,)
    cover_booked: bool = True
    settle_per: SettlePer = SettlePer.CLOSE
    bankruptcy_allocation: BankruptcyAllocation = BankruptcyAllocation.ALL_OTHER_EQUITY
    bankruptcy_fee_rate: Decimal = ZERO
    adl_price: AdlPrice = AdlPrice.BANKRUPTCY
    interest: InterestPolicy | None = None
    collateral: CollateralPolicy = CollateralPolicy()
    socialised: SocialisedPolicy = SocialisedPolicy()
    order_limit: OrderLimitPolicy | None = None
    rounding: RoundingRules = RoundingRules()
