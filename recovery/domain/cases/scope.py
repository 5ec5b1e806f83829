"""The opening state a case describes: size, entry, and the money behind it.

Source: case format, section 2.
"""

from dataclasses import dataclass
from decimal import Decimal

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.cases.fields import CaseFields
from recovery.domain.instruments import (
    PositionSide,
    Product,
    contracts_of,
    notional_of,
    sign_of,
)
from recovery.domain.money import ONE, ZERO, divide
from recovery.domain.settlement_case import Counterparty, OtherPosition, Scope

_RESIDUE = Decimal("1e-18")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a kind cannot do without."""

    entry_price: bool = True
    margin: bool = True


def read_scope(case: CaseFields, needs: Needs) -> Scope:
    """The scope of a case; keys that stand instead of others are resolved.

    Raises:
        CaseFieldError: something needed is missing, or two keys contradict.
    """
    product = case.need("product")
    entry = entry_price_of(case)
    qty = _qty(case, product, entry)
    side = case.need("side") if qty else case.get("side")
    taken_over = case.has("bankruptcy_price")
    if needs.entry_price and qty and entry is None and not taken_over:
        missing = "mark_price" if case.has("quote_balance") else "entry_price"
        raise CaseFieldError(missing, "missing")
    others = _others(case)
    margin = _margin(case, (product, side, qty, entry), others)
    if needs.margin and margin is None and not taken_over:
        raise CaseFieldError("margin", "missing")
    return Scope(
        product=product,
        side=side,
        qty=qty,
        contract_size=case.contract_size,
        entry_price=entry,
        margin=margin,
        settle_asset=case.get("settle_asset") or "",
        mark_price=case.get("mark_price"),
        maintenance_margin_rate=case.get("maintenance_margin_rate"),
        maintenance_amount=case.get("maintenance_amount"),
        initial_margin_rate=case.get("initial_margin_rate"),
        bankruptcy_price=case.get("bankruptcy_price"),
        other_positions=others,
        insurance_fund=case.get("insurance_fund"),
        counterparty=_counterparty(case),
        collateral_asset_price=_collateral_price(case),
        symbol=case.get("symbol") or "",
        slots_elapsed=case.get("slots_elapsed"),
    )


def entry_price_of(case: CaseFields) -> Decimal | None:
    """Average entry; with a quote balance an absent one is the mark."""
    entry: Decimal | None = case.get("entry_price")
    if entry is None and case.has("quote_balance"):
        entry = case.get("mark_price")
    return entry


def _qty(case: CaseFields, product: Product, entry: Decimal | None) -> Decimal:
    """Size as stated, or out of the notional at the entry."""
    qty: Decimal | None = case.get("qty")
    notional = case.get("notional")
    if notional is None:
        return case.need("qty") if qty is None else qty
    if entry is None:
        raise CaseFieldError("entry_price", "missing")
    implied = contracts_of(product, notional, entry, case.contract_size)
    if qty is not None and not _agree(qty, implied):
        raise CaseFieldError("notional", "contradicts qty")
    return implied if qty is None else qty


def _agree(stated: Decimal, implied: Decimal) -> bool:
    """Equal but for the residue of a division."""
    residue = _RESIDUE * max(ONE, stated.copy_abs())
    return (stated - implied).copy_abs() <= residue


def read_others(case: CaseFields) -> dict[str, OtherPosition]:
    """The other positions of the scope by their paths."""
    return {
        f"other_positions[{index}]": other
        for index, other in enumerate(_others(case))
        if other.qty
    }


def _others(case: CaseFields) -> tuple[OtherPosition, ...]:
    """The rest of the scope; with a quote balance an absent entry is the mark."""
    others: tuple[OtherPosition, ...] = case.get("other_positions") or ()
    if not case.has("quote_balance"):
        return others
    return tuple(
        other._replace(entry_price=other.entry_price or other.mark_price)
        for other in others
    )


def _margin(
    case: CaseFields,
    position: tuple[Product, PositionSide | None, Decimal, Decimal | None],
    others: tuple[OtherPosition, ...],
) -> Decimal | None:
    """Money in the scope: stated, or by the keys that stand instead of it."""
    margin: Decimal | None = case.get("margin")
    if case.has("quote_balance"):
        implied = _margin_of_quote_balance(case, position, others)
        if margin is not None and not _agree(margin, implied):
            raise CaseFieldError("quote_balance", "contradicts margin")
        return implied if margin is None else margin
    if margin is not None:
        return margin
    product, _, qty, entry = position
    initial = initial_margin(case, product, qty, entry)
    if case.has("available_balance"):
        if initial is None:
            raise CaseFieldError("leverage", "missing")
        available: Decimal = case.get("available_balance")
        return available + initial
    return initial if case.has("leverage") else None


def _margin_of_quote_balance(
    case: CaseFields,
    position: tuple[Product, PositionSide | None, Decimal, Decimal | None],
    others: tuple[OtherPosition, ...],
) -> Decimal:
    """Cash plus the cost of all positions."""
    product, side, qty, entry = position
    if product is Product.INVERSE:
        raise CaseFieldError("quote_balance", "only of linear contracts")
    margin: Decimal = case.get("quote_balance")
    if side is not None and entry is not None:
        margin += sign_of(side) * qty * case.contract_size * entry
    for index, other in enumerate(others):
        if other.entry_price is None:
            raise CaseFieldError(f"other_positions[{index}].mark_price", "missing")
        cost = other.qty * other.contract_size * other.entry_price
        margin += sign_of(other.side) * cost
    return margin


def initial_margin(
    case: CaseFields, product: Product, qty: Decimal, entry: Decimal | None
) -> Decimal | None:
    """Entry notional / leverage, or the initial margin rate of it."""
    if entry is None or not (case.has("leverage") or case.has("initial_margin_rate")):
        return None
    return margin_of_value(case, notional_of(product, qty * case.contract_size, entry))


def margin_of_value(case: CaseFields, value: Decimal) -> Decimal:
    """Margin that a value needs, by leverage or by the initial margin rate."""
    leverage = case.get("leverage")
    if leverage is None:
        return value * (case.get("initial_margin_rate") or ZERO)
    return divide(value, leverage)


def _counterparty(case: CaseFields) -> Counterparty | None:
    """The other side of an ADL fill."""
    fields = case.get("counterparty")
    if fields is None:
        return None
    return Counterparty(**{"qty": ZERO, **fields})


def _collateral_price(case: CaseFields) -> Decimal | None:
    """Price of the asset in which the residual is paid."""
    fields = case.get("collateral_asset")
    price: Decimal | None = None if fields is None else fields["price"]
    return price
