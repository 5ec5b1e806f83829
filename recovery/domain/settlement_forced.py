"""What a forced fill costs at once, and what the settlement of a close costs."""

from collections.abc import Callable
from decimal import Decimal

from recovery.domain.bankruptcy import cash_required, own_maintenance
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.fee_rates import FEE_PATH, ramped_fee_rate, scaled_fee_rate
from recovery.domain.instruments import signed_cash
from recovery.domain.money import ZERO, divide
from recovery.domain.policy import LiquidationFeePolicy
from recovery.domain.policy_words import FeeCondition, FeeOf, FeeRule, SettlePer
from recovery.domain.settlement_cover import (
    bear_deficit,
    charge_liquidation_fee,
    cover_deficit,
    share_surplus,
    take_back_residual,
)
from recovery.domain.settlement_fees import Executed, liquidation_base
from recovery.domain.settlement_state import ScopeState, required

# Reading a member from its class costs more than the sums of a fill.
_RATE_OF_NOTIONAL = FeeRule.RATE_OF_NOTIONAL
_CAPPED = FeeRule.RATE_CAPPED_TO_SURPLUS
_FINAL_ONLY = FeeOf.FINAL_FILL
_IN_PRICE = FeeRule.IN_PRICE
_FIXED = FeeRule.FIXED
_SCALED = FeeRule.SCALED_TO_REMAINING
_RAMPED = FeeRule.RAMPED
_PER_FILL = SettlePer.FILL


def rate_left(state: ScopeState) -> Decimal:
    """The fee rate scaled to what is left, in the state before a fill.

    Source: case format, kind `fee_rate`; the maintenance margin may be tiered.
    """
    notional = state.notional(state.qty, state.mark_required())
    if not notional:
        return ZERO
    margin = own_maintenance(state, state.qty)
    margin += state.policy.maintenance.buffer_rate * notional
    return scaled_fee_rate(
        state.policy,
        needed=divide(margin, notional),
        shortage=margin - state.equity(),
        notional=notional,
    )


def excess_of_fill(state: ScopeState, qty: Decimal, price: Decimal) -> Decimal:
    """What closing a part brings beyond the cash it must bring; before the fill."""
    brought = signed_cash(state.product, state.signed_units(qty), price)
    return state.money(brought - cash_required(state, qty))


def settle_forced_fill(
    state: ScopeState, done: Executed, excess: Decimal | None
) -> None:
    """Book what is due at one forced fill.

    Args:
        state: the scope after the fill.
        done: the fill.
        excess: what the fill brought beyond what it had to; None where fee cap
            and cover act at the close.
    """
    state.forced_fills += 1
    fee_policy = state.policy.liquidation_fee
    rule = fee_policy.rule
    at_once = rule is _RATE_OF_NOTIONAL or rule is _IN_PRICE
    if at_once or rule is _CAPPED or rule is _SCALED or rule is _RAMPED:
        state.final_base = liquidation_base(state, done)
        state.forced_base += state.final_base
    if excess is not None:
        _settle_excess(state, excess)
    elif at_once and not (state.qty and fee_policy.of is _FINAL_ONLY):
        fee = state.money(_base_rate(state) * state.final_base)
        charge_liquidation_fee(state, fee, fee)


def _base_rate(state: ScopeState) -> Decimal:
    """The rate that is applied to the base."""
    policy = state.policy.liquidation_fee
    if policy.rule is _SCALED:
        return state.scaled_rate
    if policy.rule is _RAMPED:
        slots = required(state.scope.slots_elapsed, "slots_elapsed")
        return ramped_fee_rate(policy, slots)
    in_price = policy.rule is _IN_PRICE
    rate = policy.insurance_fund_rate if in_price else policy.rate
    if rate is None:
        name = "insurance_fund_rate" if in_price else "rate"
        raise CaseFieldError(f"{FEE_PATH}.{name}", "missing")
    return rate


def _settle_excess(state: ScopeState, excess: Decimal) -> None:
    """Fee up to the excess of a fill; cover of what it fell short.

    Source: case format, section 5.1, `settle_per: fill`.
    """
    fund_before = state.fund_delta
    if excess < 0:
        cover_deficit(state, -excess)
    elif not (state.qty and state.policy.liquidation_fee.of is _FINAL_ONLY):
        whole = _fee_of_fill(state, excess)
        charge_liquidation_fee(state, min(whole, excess), whole)
    state.fund_moves.append(state.fund_delta - fund_before)


def _fee_of_fill(state: ScopeState, excess: Decimal) -> Decimal:
    """The fee of one fill before the cap."""
    policy = state.policy.liquidation_fee
    if policy.rule is FeeRule.NONE:
        return ZERO
    if policy.rule is FeeRule.ALL_SURPLUS:
        return excess
    if policy.rule is _FIXED:
        fee = _fixed_fee(policy, state.equity() + state.unbooked)
        _note_insolvent(state, min(fee, excess))
        return fee
    return state.money(_base_rate(state) * state.final_base)


def settle_close(state: ScopeState) -> None:
    """Fee, surplus or deficit once nothing of the position is open.

    Source: liquidation math, section 3; case format, sections 4 and 5.1.
    """
    others = state.other_profit()
    raw = state.wallet + others + state.open_fee - state.open_cover
    raw += state.unbooked_before
    surplus = max(raw, ZERO)
    # What an earlier close left to the customer is in the money of this one.
    state.surplus += surplus - state.residual
    take_back_residual(state)
    if state.forced_fills and state.policy.settle_per is not _PER_FILL:
        _charge_at_close(state, raw, surplus)
    whole_fee = state.open_whole_fee
    # What was told to be missing already is not missing a second time.
    net = state.wallet + others + state.unbooked
    if net < 0 and state.has_other_positions:
        # The wallet waits: only what is still open decides when it is covered.
        state.cover_pending += bear_deficit(state, -net)
        state.unbooked -= net
    elif net < 0:
        cover_deficit(state, -net)
    elif not state.has_other_positions:
        insolvent = state.policy.insolvent_surplus_to
        shares = state.policy.surplus_to
        if insolvent is not None and raw < whole_fee:
            shares = insolvent
        share_surplus(state, net, shares)
    _start_again(state)


def _charge_at_close(state: ScopeState, raw: Decimal, surplus: Decimal) -> None:
    """The fee of the rules that act once, after the fill that closes."""
    policy = state.policy.liquidation_fee
    rule = policy.rule
    if rule is _RATE_OF_NOTIONAL or rule is _IN_PRICE:
        return  # Booked at every fill.
    charge = _AT_CLOSE.get(rule)
    if charge is not None:
        fee, whole = charge(state, raw, surplus)
        charge_liquidation_fee(state, fee, whole)


def _capped_to_surplus(
    state: ScopeState, raw: Decimal, surplus: Decimal
) -> tuple[Decimal, Decimal]:
    """A rate of the notional, never more than the surplus."""
    whole, _ = _of_base(state, raw, surplus)
    return min(whole, surplus), whole


def _of_base(
    state: ScopeState, raw: Decimal, surplus: Decimal
) -> tuple[Decimal, Decimal]:
    """A rate of the notional, whatever is left."""
    del raw, surplus
    final_only = state.policy.liquidation_fee.of is _FINAL_ONLY
    base = state.final_base if final_only else state.forced_base
    whole = state.money(_base_rate(state) * base)
    return whole, whole


def _fixed(
    state: ScopeState, raw: Decimal, surplus: Decimal
) -> tuple[Decimal, Decimal]:
    """A fixed amount, always or only where the equity is less."""
    del surplus
    fee = _fixed_fee(state.policy.liquidation_fee, raw)
    _note_insolvent(state, fee)
    return fee, fee


def _note_insolvent(state: ScopeState, fee: Decimal) -> None:
    """Tell who got a fee that only an insolvent position pays."""
    policy = state.policy.liquidation_fee
    if fee and policy.condition is FeeCondition.INSOLVENT_ONLY:
        receiver = policy.to
        state.paid_to[receiver] = state.paid_to.get(receiver, ZERO) + fee
        state.insolvent_fee = (state.insolvent_fee or ZERO) + fee


def _fixed_fee(policy: LiquidationFeePolicy, equity: Decimal) -> Decimal:
    """The fixed amount where its condition holds, else 0."""
    amount = required(policy.amount, f"{FEE_PATH}.amount")
    insolvent_only = policy.condition is FeeCondition.INSOLVENT_ONLY
    return ZERO if insolvent_only and equity >= amount else amount


def _all_surplus(
    state: ScopeState, raw: Decimal, surplus: Decimal
) -> tuple[Decimal, Decimal]:
    """Everything that is left."""
    del state, raw
    return surplus, surplus


_AT_CLOSE: dict[
    FeeRule,
    Callable[[ScopeState, Decimal, Decimal], tuple[Decimal, Decimal]],
] = {
    FeeRule.RATE_CAPPED_TO_SURPLUS: _capped_to_surplus,
    FeeRule.FIXED: _fixed,
    FeeRule.ALL_SURPLUS: _all_surplus,
    FeeRule.SCALED_TO_REMAINING: _of_base,
    FeeRule.RAMPED: _of_base,
}


def _start_again(state: ScopeState) -> None:
    """The position is settled; a later one has its own fee base and fee."""
    state.settled = True
    state.unbooked_before = state.unbooked
    state.forced_fills = 0
    state.forced_base = state.final_base = ZERO
    state.open_fee = state.open_whole_fee = state.open_cover = ZERO
