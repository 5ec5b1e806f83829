"""Kinds that ask for a price: bankruptcy_price, liquidation_price.

Source: case format, section 5.3; liquidation math, sections 2.5 and 2.6.
"""

from decimal import Decimal

from recovery.domain.bankruptcy import cash_required, scope_bankruptcy_price
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.cases.answer import NONE, Answer, Values
from recovery.domain.cases.fields import CaseFields
from recovery.domain.cases.scope import Needs, initial_margin, read_scope
from recovery.domain.instruments import PositionSide, Product, price_of_cash
from recovery.domain.liquidation_price import (
    entry_maintenance,
    scope_liquidation_price,
    spot_liquidation_price,
)
from recovery.domain.policy import Policy
from recovery.domain.policy_words import BankruptcyAllocation
from recovery.domain.settlement import replay
from recovery.domain.settlement_case import SettlementCase
from recovery.domain.settlement_state import ScopeState


def answer_bankruptcy_price(case: CaseFields) -> Answer:
    """The price at which closing leaves nothing, and the cash it must bring."""
    state = _state_after_events(case)
    values = _initial_margin(case, state)
    if not state.qty:
        return Answer(values | {"bankruptcy_price": NONE})
    closing = case.get("close_qty") or state.qty
    if closing > state.qty:
        raise CaseFieldError("close_qty", "more than what is open")
    price = _price_of_part(state, closing)
    values["bankruptcy_price"] = NONE if price is None else price
    if _is_pro_rata(state.policy) and state.mark is not None:
        values["bankruptcy_cash_flow"] = cash_required(state, closing)
    return Answer(values)


def _is_pro_rata(policy: Policy) -> bool:
    """Whether the equity is shared by maintenance margin."""
    return policy.bankruptcy_allocation is BankruptcyAllocation.PRO_RATA_MAINTENANCE


def _price_of_part(state: ScopeState, closing: Decimal) -> Decimal | None:
    """Bankruptcy price of the part that is closed; tiers may make it its own."""
    alone = state.mark is None and not state.has_other_positions
    if closing == state.qty or alone or not _is_pro_rata(state.policy):
        return scope_bankruptcy_price(state)
    cash = cash_required(state, closing)
    units = state.signed_units(closing)
    return price_of_cash(state.product, units, cash, state.policy.bankruptcy_fee_rate)


def answer_liquidation_price(case: CaseFields) -> Answer:
    """The mark at which the equity is down to the threshold."""
    if case.need("product") is Product.SPOT_MARGIN:
        return _spot_liquidation_price(case)
    state = _state_after_events(case)
    values = _initial_margin(case, state)
    maintenance = entry_maintenance(state)
    values["maintenance_margin"] = maintenance
    values["sustainable_loss"] = state.wallet - maintenance
    price = scope_liquidation_price(state)
    values["liquidation_price"] = NONE if price is None else price
    return Answer(values)


def _spot_liquidation_price(case: CaseFields) -> Answer:
    """Of a spot margin loan: debt and assets are in different assets."""
    side: PositionSide = case.need("side")
    debt, assets = case.need("debt"), case.need("assets")
    rate = case.need("maintenance_margin_rate")
    policy: Policy = case.need("policy")
    price = spot_liquidation_price(policy.maintenance, side, (debt, assets), rate)
    return Answer({"liquidation_price": NONE if price is None else price})


def _state_after_events(case: CaseFields) -> ScopeState:
    """The scope; what was moved in or out comes first."""
    scope = read_scope(case, Needs())
    policy: Policy = case.need("policy")
    return replay(SettlementCase(scope, case.get("events") or (), policy))


def _initial_margin(case: CaseFields, state: ScopeState) -> Values:
    """Initial margin, where leverage or a rate says it."""
    scope = state.scope
    margin = initial_margin(case, scope.product, scope.qty, scope.entry_price)
    return {} if margin is None else {"initial_margin": margin}
