"""Settlement of a spot margin account: debts, sales, what is left per asset.

Source: liquidation math, section 5; case format, kind `spot_settlement`.
"""

from decimal import Decimal
from typing import NamedTuple

from recovery.domain.case_errors import CaseUnsupportedError
from recovery.domain.money import ONE, ZERO, divide, round_amount, round_up
from recovery.domain.policy import TO_CUSTOMER, LiquidationFeePolicy, Policy
from recovery.domain.policy_words import FeeBase, FeeRule, HaircutAt, SellOrder
from recovery.domain.settlement_state import required

_BASES = (FeeBase.FILL_NOTIONAL, FeeBase.VALUE_SOLD, FeeBase.DEBT_REPAID)


class Holding(NamedTuple):
    """Collateral in one asset and the price a sale of it gets."""

    asset: str
    qty: Decimal
    fill_price: Decimal
    haircut: Decimal = ZERO


class Debt(NamedTuple):
    """A loan in one asset; `price` is the settlement asset per unit."""

    asset: str
    principal: Decimal
    interest: Decimal
    price: Decimal


class SpotSettlement(NamedTuple):
    """What was sold and repaid, what it cost, and what is left."""

    sold_qty: dict[str, Decimal]
    residual_per_asset: dict[str, Decimal]
    trading_fee: Decimal
    liquidation_fee: Decimal
    debt_repaid: Decimal
    deficit: Decimal


class _Rates(NamedTuple):
    """What a sale costs: parts of the value sold, or of the debt it repays."""

    trading: Decimal
    liquidation: Decimal
    of_debt: Decimal


class _Account:
    """Balances while debts are repaid and collateral is sold."""

    def __init__(self, holdings: list[Holding], settle_asset: str) -> None:
        """Start with everything held and nothing sold."""
        self.settle_asset = settle_asset
        self.balance: dict[str, Decimal] = {settle_asset: ZERO}
        for holding in holdings:
            held = self.balance.get(holding.asset, ZERO)
            self.balance[holding.asset] = held + holding.qty
        self.sold: dict[str, Decimal] = {}
        self.trading_fee = ZERO
        self.liquidation_fee = ZERO
        self.repaid = ZERO

    def take(self, asset: str, wanted: Decimal) -> Decimal:
        """Take up to what is wanted out of a balance."""
        taken = min(self.balance.get(asset, ZERO), wanted)
        if taken:
            self.balance[asset] -= taken
        return taken


def settle_spot(
    settle_asset: str, holdings: list[Holding], debts: list[Debt], policy: Policy
) -> SpotSettlement:
    """Repay each debt from its own asset, then sell collateral for the rest.

    Args:
        settle_asset: the asset that pays without a sale.
        holdings: collateral in the order given.
        debts: loans; interest is repaid before principal.
        policy: fees, order of sale, size step, rounding.

    Returns:
        Amounts in the settlement asset, sizes in their own asset.

    Raises:
        CaseUnsupportedError: a fee rule that sales do not know.
    """
    _check_customer_keeps_the_rest(policy)
    rates = _rates(policy)
    account = _Account(holdings, settle_asset)
    rest = sum((_repay_same_asset(account, debt) for debt in debts), ZERO)
    for holding in _in_order(settle_asset, holdings, policy.collateral.sell_order):
        if holding.asset == settle_asset:
            paid = account.take(settle_asset, rest)
        else:
            paid = _sell(account, holding, rest, rates, policy)
        account.repaid += paid
        rest -= paid
    return SpotSettlement(
        sold_qty=account.sold,
        residual_per_asset=account.balance,
        trading_fee=account.trading_fee,
        liquidation_fee=account.liquidation_fee,
        debt_repaid=account.repaid,
        deficit=rest,
    )


def _check_customer_keeps_the_rest(policy: Policy) -> None:
    """Refuse a policy that gives what is left to somebody else.

    Raises:
        CaseUnsupportedError: how it is shared per asset is not defined.
    """
    if policy.takeover_at_bankruptcy:
        raise CaseUnsupportedError("policy.takeover_at_bankruptcy", "true")
    if policy.surplus_to != TO_CUSTOMER:
        receivers = ", ".join(receiver for receiver, _ in policy.surplus_to)
        raise CaseUnsupportedError("policy.surplus_to", receivers)


def _repay_same_asset(account: _Account, debt: Debt) -> Decimal:
    """Repay a debt from its own asset; no sale, no fee, no haircut.

    Returns:
        The value of what is still owed.
    """
    owed = debt.interest + debt.principal
    paid = account.take(debt.asset, owed)
    account.repaid += paid * debt.price
    return (owed - paid) * debt.price


def _in_order(
    settle_asset: str, holdings: list[Holding], order: SellOrder
) -> list[Holding]:
    """The collateral in the order in which it is sold.

    Nothing is more liquid than the asset that needs no sale; what comes after it
    only the order of the list can say.
    """
    if order is SellOrder.LOWEST_HAIRCUT:
        return sorted(holdings, key=lambda holding: holding.haircut)
    if order is SellOrder.HIGHEST_LIQUIDITY:
        return sorted(holdings, key=lambda holding: holding.asset != settle_asset)
    return holdings


def _sell(
    account: _Account,
    holding: Holding,
    rest: Decimal,
    rates: _Rates,
    policy: Policy,
) -> Decimal:
    """Sell as much of one asset as the rest of the debts needs.

    Returns:
        What of the proceeds repays debt; the excess stays in the account.
    """
    price = _price_of_sale(holding, policy)
    net_share = ONE - rates.trading - rates.liquidation
    held = account.balance[holding.asset]
    wanted = rest * (ONE + rates.of_debt)
    qty = min(held, _qty_needed(wanted, price * net_share, held, policy))
    if not qty:
        return ZERO
    proceeds = qty * price
    trading_fee = round_amount(rates.trading * proceeds, policy.rounding.money)
    unrounded = policy.collateral.size_step is None and policy.rounding.money is None
    exactly = qty < held and unrounded  # The size was cut to bring in just the rest.
    repaid = min(divide(proceeds - trading_fee, ONE + rates.of_debt), rest)
    due = rates.liquidation * proceeds + rates.of_debt * (rest if exactly else repaid)
    clearance = round_amount(due, policy.rounding.money)
    account.balance[holding.asset] -= qty
    account.sold[holding.asset] = account.sold.get(holding.asset, ZERO) + qty
    account.trading_fee += trading_fee
    account.liquidation_fee += clearance
    net = proceeds - trading_fee - clearance
    if exactly:
        return rest
    paid = min(net, rest)
    account.balance[account.settle_asset] += net - paid
    return paid


def _price_of_sale(holding: Holding, policy: Policy) -> Decimal:
    """The fill price; a venue that takes collateral over pays it less a haircut."""
    if policy.collateral.haircut_at is HaircutAt.SETTLEMENT:
        return holding.fill_price * (ONE - holding.haircut)
    return holding.fill_price


def _qty_needed(
    rest: Decimal, net_price: Decimal, held: Decimal, policy: Policy
) -> Decimal:
    """Size that brings in the rest after fees, up to the size step."""
    if rest <= 0:
        return ZERO
    if net_price <= 0:
        return held
    return round_up(divide(rest, net_price), policy.collateral.size_step)


def _trading_rate(policy: Policy) -> Decimal:
    """The trading fee of a forced sale."""
    if policy.trading_fee_schedule:
        raise CaseUnsupportedError("policy.trading_fee_schedule", "without fill times")
    if not policy.liquidation_fee.in_addition_to_taker:
        return ZERO
    return policy.trading_fee_rate


def _rates(policy: Policy) -> _Rates:
    """What a sale costs by the policy.

    A fee on the debt counts what sales repay: an asset that pays its own debt, and
    the settlement asset, pay without a fee.
    """
    fee = policy.liquidation_fee
    rate, of_debt = _liquidation_rate(fee), fee.base is FeeBase.DEBT_REPAID
    parts = (ZERO, rate) if of_debt else (rate, ZERO)
    return _Rates(_trading_rate(policy), *parts)


def _liquidation_rate(policy: LiquidationFeePolicy) -> Decimal:
    """The rate of the clearance fee.

    Raises:
        CaseUnsupportedError: a rule or a base that sales do not know.
    """
    path = "policy.liquidation_fee"
    if policy.rule is FeeRule.NONE:
        return ZERO
    if policy.rule is not FeeRule.RATE_OF_NOTIONAL:
        raise CaseUnsupportedError(f"{path}.rule", policy.rule)
    if policy.base not in _BASES:
        raise CaseUnsupportedError(f"{path}.base", policy.base)
    return required(policy.rate, f"{path}.rate")
