"""The figures of a settlement by their names in the case format, section 5.1."""

from decimal import Decimal

from recovery.domain.instruments import PositionSide, Product
from recovery.domain.money import ONE, ZERO, divide, round_amount
from recovery.domain.policy_words import Bearer, FeeRule, SettlePer
from recovery.domain.settlement_case import ResultValue
from recovery.domain.settlement_state import LONG_SIGN, ScopeState

Values = dict[str, ResultValue]

# Reading a member from its class costs more than the sums of a fill.
_PER_FILL = SettlePer.FILL
_CUSTOMER = Bearer.CUSTOMER
_INVERSE = Product.INVERSE
_IN_PRICE = FeeRule.IN_PRICE


def settlement_values(state: ScopeState) -> Values:
    """All figures that can be known; the others are absent."""
    values = position_values(state)
    values |= _fund_values(state)
    if state.taken_over:
        values |= _takeover_values(state)
    elif state.settled:
        values |= _close_values(state)
    elif state.policy.settle_per is _PER_FILL:
        values |= _deficit_values(state)
    if state.scope.margin is not None:
        values |= _money_values(state)
    if state.scope.counterparty is not None:
        values |= _partner_values(state)
    values |= _price_values(state)
    return values


def position_values(state: ScopeState) -> Values:
    """What was realised and charged, and what is left of the position."""
    values: Values = {
        "funding": state.funding,
        "interest": state.interest,
        "transfers": state.transfers,
        "remaining_qty": state.qty,
        "reduced_qty": state.closed_qty,
        "assigned_qty": state.assigned_qty,
    }
    pnl, fee = state.pnl, state.trading_fee
    if pnl is not None:
        values["pnl"] = pnl
    if fee is not None:
        values["trading_fee"] = fee
    if state.entry_price is not None:
        values["average_entry_price"] = state.entry_price
    if state.qty:
        long = state.sign == LONG_SIGN
        values["remaining_side"] = PositionSide.LONG if long else PositionSide.SHORT
    if state.fee_assets:
        values["fee_assets"] = state.fee_assets
    return values


def _fund_values(state: ScopeState) -> Values:
    """The liquidation fee and what the fund got."""
    values: Values = {
        "liquidation_fee": state.liquidation_fee,
        "insurance_fund_delta": state.fund_delta,
    }
    if state.taken_over or state.policy.settle_per is _PER_FILL:
        values["insurance_fund_delta_per_fill"] = tuple(state.fund_moves)
    return values


def _deficit_values(state: ScopeState) -> Values:
    """What was missing and who bears it."""
    return {
        "deficit": state.deficit,
        "deficit_borne_by": {str(who): part for who, part in state.borne.items()},
        "customer_owes": state.borne.get(_CUSTOMER, ZERO),
    }


def _close_values(state: ScopeState) -> Values:
    """What a full close leaves."""
    values = _deficit_values(state)
    values["surplus"] = state.surplus
    paid = {str(receiver): ZERO for receiver, _ in state.policy.surplus_to}
    values["paid_to"] = paid | state.paid_to
    if not state.has_other_positions:
        values["residual"] = state.residual
        values |= _residual_in_collateral(state)
    opening, fee = state.lines[0].amount, state.trading_fee_booked
    if state.insolvent_fee is not None:
        values["pool_change"] = opening - fee - state.insolvent_fee
        values["fee_reserve_change"] = fee
    values["equity_before_fees"] = opening + state.customer_pnl + _moved(state)
    return values


def _moved(state: ScopeState) -> Decimal:
    """Money that moved without a fill."""
    return state.funding + state.interest + state.transfers


def _residual_in_collateral(state: ScopeState) -> Values:
    """The residual in the asset it is paid in."""
    price = state.scope.collateral_asset_price
    if price is None:
        return {}
    amount = divide(state.residual, price)
    rounding = state.policy.rounding.collateral_asset
    return {"residual_in_collateral_asset": round_amount(amount, rounding)}


def _takeover_values(state: ScopeState) -> Values:
    """What a takeover leaves: nothing, whatever the market fill was."""
    values = _deficit_values(state)
    values["surplus"] = ZERO
    if not state.has_other_positions:
        values["residual"] = ZERO
        values |= _residual_in_collateral(state)
    values["paid_to"] = {str(state.policy.takeover_surplus_to): state.venue_gain}
    if state.booked_pnl is not None:
        values["booked_pnl"] = state.booked_pnl
    if state.scope.margin is not None:
        values["customer_loss"] = state.scope.margin + state.transfers
        if state.pnl is not None and not state.venue_qty:
            before = state.scope.margin + state.pnl + _moved(state)
            values["equity_before_fees"] = before
    return values


def _money_values(state: ScopeState) -> Values:
    """Balances after everything booked."""
    values: Values = {"wallet_balance_after": state.wallet}
    entry = state.entry_price
    if state.product is not _INVERSE and (entry is not None or not state.qty):
        cost = state.signed_units(state.qty) * (entry or ZERO)
        values["quote_balance_after"] = state.wallet - cost
    if not state.qty or state.mark is not None:
        values["equity_after"] = state.equity()
    return values


def _price_values(state: ScopeState) -> Values:
    """Prices that were used."""
    values: Values = {}
    if state.bankruptcy_price is not None:
        values["bankruptcy_price"] = state.bankruptcy_price
    fee = state.policy.liquidation_fee
    if fee.rule is _IN_PRICE and state.mark and fee.liquidator_rate is not None:
        discount = state.sign * fee.liquidator_rate
        values["transfer_price"] = state.mark * (ONE - discount)
    return values


def _partner_values(state: ScopeState) -> Values:
    """What the counterparty of the fill has afterwards."""
    partner, totals = state.scope.counterparty, state.partner
    if partner is None or totals is None:
        return {}
    values: dict[str, ResultValue | None] = {
        "counterparty_pnl": totals.pnl,
        "counterparty_forgone_pnl": totals.forgone_pnl,
    }
    if partner.quote_balance is not None and state.product is not _INVERSE:
        after = partner.quote_balance + totals.cash
        values["counterparty_quote_balance_after"] = after
    if partner.margin is not None and totals.pnl is not None:
        values["counterparty_wallet_balance_after"] = partner.margin + totals.pnl
    return {name: value for name, value in values.items() if value is not None}
