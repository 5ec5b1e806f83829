"""Rules of single venues: order limit, fee rates, spot transfers, index losses.

Source: case format, section 5.4; worked examples 7, 9 and 10.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from recovery.domain.bankruptcy import other_maintenance, own_maintenance
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.cases.answer import Answer, Values
from recovery.domain.cases.fields import CaseFields
from recovery.domain.cases.scope import Needs, read_scope
from recovery.domain.fee_rates import FEE_PATH, ramped_fee_rate, scaled_fee_rate
from recovery.domain.instruments import notional_of
from recovery.domain.money import ONE, ZERO, divide, round_amount
from recovery.domain.policy import LiquidationFeePolicy, Policy
from recovery.domain.policy_words import FeeRule
from recovery.domain.settlement_case import Fill
from recovery.domain.settlement_state import ScopeState, required


def answer_order_limit_price(case: CaseFields) -> Answer:
    """The price a liquidation order may not pass; never a settlement price."""
    policy: Policy = case.need("policy")
    if policy.order_limit is None:
        raise CaseFieldError("policy.order_limit", "missing")
    path = "policy.order_limit"
    adjustment = policy.order_limit.bankruptcy_adjustment
    adjustment = required(adjustment, f"{path}.bankruptcy_adjustment")
    spread = policy.order_limit.spread_to_maintenance_ratio
    spread = required(spread, f"{path}.spread_to_maintenance_ratio")
    state = ScopeState(read_scope(case, Needs()), policy)
    own = own_maintenance(state, state.qty)
    whole = own + other_maintenance(state)
    if not whole:
        raise CaseFieldError("maintenance_margin_rate", "no maintenance margin")
    rating = adjustment * (ONE - divide(state.equity(), whole))
    used = min(ONE, max(ZERO, rating))
    # Maintenance margin of one contract stands for rate x mark.
    per_unit = divide(own, state.qty * state.contract_size)
    price = state.mark_required() - state.sign * spread * per_unit * used
    return Answer({"fillable_price": price})


def answer_fee_rate(case: CaseFields) -> Answer:
    """The rate a liquidation fee has in a state, and what follows from it."""
    policy: Policy = case.need("policy")
    fee = policy.liquidation_fee
    if fee.rule is FeeRule.RAMPED:
        rate = ramped_fee_rate(fee, case.need("slots_elapsed"))
        return Answer({"liquidation_fee_rate": rate})
    if fee.rule is not FeeRule.SCALED_TO_REMAINING:
        raise CaseFieldError(f"{FEE_PATH}.rule", "neither scaled nor ramped")
    if case.has("liability_qty"):
        return Answer({"insurance_fund_fee_rate": _spot_rate(case, fee)})
    return Answer(_perpetual_rate(case, policy))


def _spot_rate(case: CaseFields, fee: LiquidationFeePolicy) -> Decimal:
    """What the value of a liability leaves beside the shortage."""
    weight = case.need("liability_weight")
    value = case.need("liability_qty") * case.need("liability_price")
    whole = value * weight
    if not whole:
        raise CaseFieldError("liability_qty", "nothing is owed")
    left = value * _freed(case, weight) - case.need("margin_shortage")
    highest = required(fee.max_rate, f"{FEE_PATH}.max_rate")
    return min(highest, max(ZERO, divide(left, whole)))


def _freed(case: CaseFields, liability_weight: Decimal) -> Decimal:
    """Requirement freed by one unit of value moved from asset to liability."""
    asset_multiplier = case.need("asset_liquidation_multiplier")
    ratio = divide(asset_multiplier, case.need("liability_liquidation_multiplier"))
    freed: Decimal = liability_weight - case.need("asset_weight") * ratio
    return freed


def _perpetual_rate(case: CaseFields, policy: Policy) -> Values:
    """The fund's rate scaled to what is left, and the size that restores."""
    liquidator = policy.liquidation_fee.liquidator_rate or ZERO
    qty, mark = case.need("qty"), case.need("mark_price")
    notional = notional_of(case.need("product"), qty * case.contract_size, mark)
    if not notional:
        raise CaseFieldError("qty", "nothing is open")
    needed = case.need("maintenance_margin_rate") + policy.maintenance.buffer_rate
    shortage = _shortage(case, policy, notional * needed)
    rate = scaled_fee_rate(policy, needed=needed, shortage=shortage, notional=notional)
    values: Values = {"insurance_fund_fee_rate": rate}
    reduced = _filled_qty(case)
    if policy.reduction is not None:
        relief = mark * case.contract_size * (needed - liquidator - rate)
        wanted = divide(max(shortage, ZERO), relief) if relief > 0 else qty
        reduced = min(qty, round_amount(wanted, policy.rounding.size))
        values |= {"reduced_qty": reduced, "remaining_qty": qty - reduced}
    if reduced is not None:
        values["insurance_fund_delta"] = rate * mark * case.contract_size * reduced
    return values


def _shortage(case: CaseFields, policy: Policy, needed: Decimal) -> Decimal:
    """The shortage as given, or what the equity lacks."""
    if case.has("margin_shortage"):
        shortage: Decimal = case.get("margin_shortage")
        return shortage
    return needed - ScopeState(read_scope(case, Needs()), policy).equity()


def _filled_qty(case: CaseFields) -> Decimal | None:
    """Size of the fills of the case, where it has any."""
    fills = [event for event in case.get("events") or () if isinstance(event, Fill)]
    sizes = [fill.qty for fill in fills if fill.qty is not None]
    return sum(sizes, ZERO) if sizes else None


def answer_spot_transfer(case: CaseFields) -> Answer:
    """How much liability or asset moves in a spot liquidation."""
    if case.has("margin_shortage"):
        return Answer({"liability_transfer": _transfer_of_shortage(case)})
    ratio = divide(
        case.need("asset_liquidation_multiplier"),
        case.need("liability_liquidation_multiplier"),
    )
    asset_price = case.need("asset_price")
    liability_price = case.need("liability_price")
    if case.has("asset_amount"):
        value = case.get("asset_amount") * asset_price
        moved = divide(value, ratio * liability_price)
        return Answer({"liability_transfer": moved})
    value = case.need("liability_amount") * liability_price
    moved = divide(value * ratio, asset_price)
    return Answer({"asset_transfer": min(moved, case.need("asset_available"))})


def _transfer_of_shortage(case: CaseFields) -> Decimal:
    """The liability whose transfer makes up a shortage."""
    policy: Policy = case.need("policy")
    fund = policy.liquidation_fee.insurance_fund_rate or ZERO
    freed = _freed(case, case.need("liability_weight") * (ONE - fund))
    freed = round_amount(freed, policy.rounding.weight)
    if freed <= 0:
        raise CaseFieldError("liability_weight", "a transfer frees nothing")
    moved = divide(case.get("margin_shortage"), case.need("liability_price") * freed)
    return round_amount(moved, policy.rounding.size)


def answer_spot_partial_liquidation(case: CaseFields) -> Answer:
    """What a transfer of asset against liability leaves of both.

    The level after it is left out: which of its conventions counts is not said.
    """
    policy: Policy = case.need("policy")
    asset, liability = case.need("asset"), case.need("liability")
    need_all("asset", asset, ("qty", "price", "multiplier"))
    need_all("liability", liability, ("qty", "price", "weight", "multiplier"))
    transfer: Decimal = case.need("liability_transfer")
    value = transfer * liability["price"] * asset["multiplier"]
    moved = divide(value, liability["multiplier"] * asset["price"])
    moved = min(moved, asset["qty"])
    to_fund = transfer * (policy.liquidation_fee.insurance_fund_rate or ZERO)
    owed = liability["qty"] - transfer + to_fund
    worth, buffer = owed * liability["price"], policy.maintenance.buffer_rate
    return Answer(
        {
            "asset_transfer": moved,
            "asset_after": asset["qty"] - moved,
            "insurance_fund_delta_in_liability_asset": to_fund,
            "liability_after": owed,
            "maintenance_requirement_after": worth * liability["weight"],
            "requirement_with_buffer_after": worth * (liability["weight"] + buffer),
        }
    )


def need_all(path: str, found: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    """Refuse an object that lacks one of the keys a kind needs."""
    for key in keys:
        if key not in found:
            raise CaseFieldError(f"{path}.{key}", "missing")


def answer_deposit_index_loss(case: CaseFields) -> Answer:
    """A loss that lowers the index of all deposits."""
    fund = case.get("insurance_fund") or ZERO
    deposits, index = case.need("total_deposits"), case.need("deposit_index")
    if not deposits:
        raise CaseFieldError("total_deposits", "nothing is deposited")
    deficit = max(case.need("loss") - fund, ZERO)
    decrease = divide(deficit * index, deposits)
    return Answer(
        {
            "deficit": deficit,
            "index_decrease": decrease,
            "deposit_index_after": index - decrease,
            "deposits_after": deposits - deficit,
            "customer_debt_after": ZERO,
        }
    )
