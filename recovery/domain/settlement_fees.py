"""Fees of a fill: the trading fee, and the notional a fee is charged on."""

from decimal import Decimal
from typing import NamedTuple

from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.money import ZERO, divide, round_amount
from recovery.domain.policy_words import FeeBase, TradingFeeBase
from recovery.domain.settlement_case import FeeRow, Fill, FillFee, FillRole, LineLabel
from recovery.domain.settlement_state import ScopeState, required


class Executed(NamedTuple):
    """What a fill did: its size and value, the part that closed, at which entry."""

    qty: Decimal
    price: Decimal
    closed: Decimal
    entry_price: Decimal | None
    notional: Decimal  # At the fill's price, as fees are charged on it.


# Reading a member from its class costs more than the sums of a fill.
_ADL = FillRole.ADL
_LIQUIDATION = FillRole.LIQUIDATION
_TRADING_FEE = LineLabel.TRADING_FEE
_AT_FILL = TradingFeeBase.FILL_NOTIONAL
_OF_FILL = FeeBase.FILL_NOTIONAL


def charge_trading_fee(state: ScopeState, fill: Fill, done: Executed) -> None:
    """Charge the fee of a fill, in the settlement asset or in an asset of its own.

    Source: case format, section 3 `fee`, `trading_fee_rate`.
    """
    if fill.fee is not None:
        _charge_stated_fee(state, fill.fee, done)
        return
    rate = trading_fee_rate(state, fill)
    if rate:
        at_fill = state.policy.trading_fee_base is _AT_FILL
        notional = done.notional if at_fill else _trading_notional(state, done)
        fee = rate * notional
        if state.money_rounding is not None:
            fee = round_amount(fee, state.money_rounding)
        state.trading_fee_booked += fee
        state.book(_TRADING_FEE, -fee)


def trading_fee_rate(state: ScopeState, fill: Fill) -> Decimal:
    """The rate in force for a fill at its time."""
    policy = state.policy
    if fill.trading_fee_rate is not None:
        return fill.trading_fee_rate
    if fill.role is _ADL:
        return ZERO
    forced = fill.role is _LIQUIDATION
    if forced and not policy.liquidation_fee.in_addition_to_taker:
        return ZERO
    if policy.trading_fee_schedule:
        return _scheduled_rate(state, fill)
    return policy.trading_fee_rate


def _scheduled_rate(state: ScopeState, fill: Fill) -> Decimal:
    """The last entry of the schedule that is valid at the fill's time."""
    if fill.occurred_at is None:
        raise CaseFieldError(state.here("time"), "missing, the fee schedule needs it")
    valid = [
        entry
        for entry in state.policy.trading_fee_schedule
        if entry.valid_from <= fill.occurred_at
    ]
    if not valid:
        raise CaseFieldError(
            state.here("time"), "before every entry of the trading fee schedule"
        )
    # Of two from the same instant the one stated last counts.
    return max(reversed(valid), key=lambda entry: entry.valid_from).rate


def _trading_notional(state: ScopeState, done: Executed) -> Decimal:
    """Notional of a fill by the policy's base; an opened part is at its own price."""
    if state.policy.trading_fee_base is _AT_FILL:
        return done.notional
    at_entry = ZERO
    if done.closed:
        entry = required(done.entry_price, "entry_price")
        at_entry = state.fee_notional(done.closed, entry)
    if done.closed == done.qty:
        return at_entry
    return at_entry + state.fee_notional(done.qty - done.closed, done.price)


def _charge_stated_fee(state: ScopeState, fee: FillFee, done: Executed) -> None:
    """A fee the fill states itself, booked in its own asset."""
    same = fee.asset == state.scope.settle_asset
    price = Decimal(1) if same and fee.price is None else fee.price
    price = required(price, state.here("fee.price"))
    if fee.amount is not None:
        amount, value = fee.amount, -fee.amount * price
    else:
        rate = required(fee.rate, state.here("fee.amount"))
        value = rate * _trading_notional(state, done)
        amount = -state.money(value) if same else -divide(value, price)
    if same:
        _book_own_fee(state, amount)
    else:
        _book_other_fee(state, fee.asset, amount, value)


def apply_fee_row(state: ScopeState, row: FeeRow) -> None:
    """A fee booked as a row of its own."""
    if row.asset is None or row.asset == state.scope.settle_asset:
        _book_own_fee(state, row.amount)
    else:
        value = None if row.price is None else -row.amount * row.price
        _book_other_fee(state, row.asset, row.amount, value)


def _book_own_fee(state: ScopeState, amount: Decimal) -> None:
    """A fee row in the settlement asset; negative is paid."""
    state.trading_fee_booked -= amount
    state.book(_TRADING_FEE, amount)


def _book_other_fee(
    state: ScopeState, asset: str, amount: Decimal, value: Decimal | None
) -> None:
    """A fee in another asset moves that asset; its value is only reported."""
    state.fee_assets[asset] = state.fee_assets.get(asset, ZERO) + amount
    state.note_other_asset(asset, amount)
    if value is None or state.trading_fee_converted is None:
        state.trading_fee_converted = None
    else:
        state.trading_fee_converted += value


def liquidation_base(state: ScopeState, done: Executed) -> Decimal:
    """The notional of a forced fill that a liquidation fee is charged on.

    Raises:
        CaseUnsupportedError: a base that only spot margin knows.
    """
    base = state.policy.liquidation_fee.base
    if base is _OF_FILL:
        return done.notional
    if base is FeeBase.MARK_NOTIONAL:
        return state.fee_notional(done.qty, state.mark_required())
    if base is FeeBase.ENTRY_NOTIONAL:
        return state.fee_notional(done.qty, required(done.entry_price, "entry_price"))
    raise CaseUnsupportedError("policy.liquidation_fee.base", base)
