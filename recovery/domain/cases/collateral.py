"""Kinds about collateral and loans: collateral, spot_margin, spot_settlement.

Source: case format, section 5.3; liquidation math, section 5.
"""

from decimal import Decimal
from typing import Any, NamedTuple

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.cases.answer import NONE, Answer, Values
from recovery.domain.cases.fields import CaseFields
from recovery.domain.instruments import PositionSide, sign_of
from recovery.domain.money import ONE, ZERO, divide, round_amount
from recovery.domain.policy import Policy
from recovery.domain.settlement_case import Fill
from recovery.domain.settlement_state import required
from recovery.domain.spot_settlement import (
    Debt,
    Holding,
    SpotSettlement,
    settle_spot,
)


class CollateralWorth(NamedTuple):
    """What collateral is worth, and what of it counts after haircuts."""

    market: Decimal
    usable: Decimal


def values_of_collateral(case: CaseFields) -> CollateralWorth:
    """Market value and usable value of the collateral of a case."""
    market = usable = ZERO
    for index, entry in enumerate(case.need("collateral")):
        value = entry["qty"] * price_of(case, f"collateral[{index}]", entry)
        market += value
        usable += value * (ONE - entry.get("haircut", ZERO))
    return CollateralWorth(market, usable)


def debt_values(case: CaseFields) -> list[Decimal]:
    """Principal and interest of every debt, at its price."""
    return [
        _owed(entry) * price_of(case, f"debts[{index}]", entry)
        for index, entry in enumerate(case.need("debts"))
    ]


def _owed(entry: dict[str, Any]) -> Decimal:
    """Principal and interest of one debt, in its asset."""
    owed: Decimal = entry["principal"] + entry.get("interest", ZERO)
    return owed


def price_of(case: CaseFields, path: str, entry: dict[str, Any]) -> Decimal:
    """Price of an asset; the settlement asset is worth 1 of itself."""
    price: Decimal | None = entry.get("price")
    if price is None and entry["asset"] == case.get("settle_asset"):
        return ONE
    return required(price, f"{path}.price")


def answer_collateral(case: CaseFields) -> Answer:
    """What collateral is worth, what is left after netting, what must be sold."""
    values: Values = {}
    if case.has("collateral"):
        worth = values_of_collateral(case)
        values |= {"market_value": worth.market, "usable_value": worth.usable}
    if case.has("balances"):
        values |= _netted(case)
    if case.has("negative_balance"):
        missing: Decimal = case.get("negative_balance")
        factor = case.need("conversion_factor")
        values["collateral_sold_value"] = divide(missing.copy_abs(), factor)
    if not values:
        raise CaseFieldError("collateral", "missing")
    return Answer(values)


def _netted(case: CaseFields) -> Values:
    """Same asset against same asset first; then each surplus at its ratio."""
    net: dict[str, Decimal] = {}
    priced: dict[str, Decimal] = {}
    for entry in case.get("balances"):
        asset = entry["asset"]
        own = entry.get("collateral", ZERO) - entry.get("debt", ZERO)
        net[asset] = net.get(asset, ZERO) + own
        if "price" in entry:
            ratio = entry.get("risk_based_liquidation_ratio", ZERO)
            priced[asset] = entry["price"] * (ONE - ratio)
    assets = {asset: max(amount, ZERO) for asset, amount in net.items()}
    return {
        "net_asset": assets,
        "net_debt": {asset: max(-amount, ZERO) for asset, amount in net.items()},
        "liquidation_value": {
            asset: assets[asset] * price for asset, price in priced.items()
        },
    }


def answer_spot_margin(case: CaseFields) -> Answer:
    """A leveraged purchase or sale closed by one fill (worked example 22)."""
    policy: Policy = case.need("policy")
    side: PositionSide = case.need("side")
    qty, entry = case.need("qty"), case.need("entry_price")
    margin, leverage = case.need("margin"), case.need("leverage")
    borrowed, interest = case.need("borrowed"), case.need("interest")
    fill = _only_fill(case)
    price = required(fill.price, "events[0].price")
    units = (qty if fill.qty is None else fill.qty) * case.contract_size
    rounding = policy.rounding.money
    opening_rate = policy.opening_fee_rate
    if opening_rate is None:
        opening_rate = policy.trading_fee_rate
    closing_rate = fill.trading_fee_rate
    if closing_rate is None:
        closing_rate = policy.trading_fee_rate
    notional = qty * case.contract_size * entry
    opening_fee = round_amount(opening_rate * notional, rounding)
    closing_fee = round_amount(closing_rate * units * price, rounding)
    pnl = round_amount(sign_of(side) * units * (price - entry), rounding)
    before = margin - interest - opening_fee
    used = divide(borrowed, leverage)
    available = before - used + pnl
    left = before + pnl - closing_fee
    return Answer(
        {
            "pnl": pnl,
            "trading_fee": opening_fee + closing_fee,
            "opening_fee": opening_fee,
            "balance_before_close": before,
            "used_margin": used,
            "available_margin": available,
            "margin_coverage_percent": (
                divide(available * 100, used) if used else NONE
            ),
            "residual": max(left, ZERO),
            "deficit": max(-left, ZERO),
        }
    )


def _only_fill(case: CaseFields) -> Fill:
    """The one fill of a spot margin case."""
    events = case.need("events")
    if len(events) != 1 or not isinstance(events[0], Fill):
        raise CaseFieldError("events", "not exactly one fill")
    return events[0]


def answer_spot_settlement(case: CaseFields) -> Answer:
    """Debts repaid from their own asset, the rest from collateral sold."""
    policy: Policy = case.need("policy")
    settle_asset = case.need("settle_asset")
    holdings = [
        Holding(
            asset=entry["asset"],
            qty=entry["qty"],
            fill_price=_fill_price(case, index, entry),
            haircut=entry.get("haircut", ZERO),
        )
        for index, entry in enumerate(case.need("collateral"))
    ]
    debts = [
        Debt(
            asset=entry["asset"],
            principal=entry["principal"],
            interest=entry.get("interest", ZERO),
            price=price_of(case, f"debts[{index}]", entry),
        )
        for index, entry in enumerate(case.need("debts"))
    ]
    return Answer(_spot_values(settle_spot(settle_asset, holdings, debts, policy)))


def _fill_price(case: CaseFields, index: int, entry: dict[str, Any]) -> Decimal:
    """Price a sale got; the price where no fill is stated."""
    if "fill_price" in entry:
        fill_price: Decimal = entry["fill_price"]
        return fill_price
    return price_of(case, f"collateral[{index}]", entry)


def _spot_values(done: SpotSettlement) -> Values:
    """The figures of a spot settlement by their names."""
    return {
        "sold_qty": done.sold_qty,
        "residual_per_asset": done.residual_per_asset,
        "trading_fee": done.trading_fee,
        "liquidation_fee": done.liquidation_fee,
        "debt_repaid": done.debt_repaid,
        "deficit": done.deficit,
    }
