"""Before the first planned step: hedges are netted, and who comes first.

Source: liquidation math, section 4; case format, `reduction.net_hedges` and
`reduction.order_of_positions`.
"""

from decimal import Decimal

from recovery.domain.bankruptcy import maintenance_of_other, own_maintenance
from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.instruments import PositionSide, profit_of
from recovery.domain.money import divide
from recovery.domain.policy import ReductionPolicy
from recovery.domain.policy_words import OrderOfPositions
from recovery.domain.settlement_case import LineLabel, OtherPosition
from recovery.domain.settlement_state import ScopeState, required

ORDER_PATH = "policy.reduction.order_of_positions"


def net_hedges(state: ScopeState) -> None:
    """Close both legs of a hedge against each other, as far as the smaller one goes.

    Both close at one price, so that the result does not depend on it: it is the
    difference of the two entries. Nothing is traded, and no fee is charged.
    """
    left = []
    for index, other in enumerate(state.scope.other_positions):
        units = _hedged_units(state, other)
        if units:
            _close_against(state, other, units, index)
            qty = other.qty - divide(units, other.contract_size)
            other = other._replace(qty=qty)  # noqa: PLW2901 - what is left of it
        left.append(other)
    state.scope = state.scope._replace(other_positions=tuple(left))
    state.has_other_positions = any(other.qty for other in left)


def _hedged_units(state: ScopeState, other: OtherPosition) -> Decimal:
    """Units that both legs have; 0 where the other position is no hedge."""
    opposite = PositionSide.SHORT if state.sign > 0 else PositionSide.LONG
    same = other.symbol == state.scope.symbol and other.side is opposite
    own = state.qty * state.contract_size
    return min(own, other.qty * other.contract_size) if same else own * 0


def _close_against(
    state: ScopeState, other: OtherPosition, units: Decimal, index: int
) -> None:
    """Realise what the two entries of a hedge differ by."""
    exit_price = required(other.entry_price, f"other_positions[{index}].entry_price")
    entry = state.entry_required()
    pnl = profit_of(state.product, state.sign * units, entry, exit_price)
    pnl = state.money(pnl)
    qty = divide(units, state.contract_size)
    state.customer_pnl += pnl
    state.qty -= qty
    state.closed_qty += qty
    state.last_fill_index = state.event_index
    state.book(LineLabel.REALISED_PNL, pnl)


def check_position_is_first(state: ScopeState, reduction: ReductionPolicy) -> None:
    """Refuse to plan where another position of the scope comes first.

    Raises:
        CaseUnsupportedError: the step is another position's, of which the case
            states no fill.
    """
    order = reduction.order_of_positions
    if not state.has_other_positions or order is OrderOfPositions.GIVEN:
        return
    by_loss = order is OrderOfPositions.LARGEST_LOSS_FIRST
    is_first = _has_largest_loss(state) if by_loss else _has_largest_margin(state)
    if not is_first:
        raise CaseUnsupportedError(ORDER_PATH, order)


def _has_largest_loss(state: ScopeState) -> bool:
    """Whether no other position has lost more."""
    return state.own_profit() <= min(state.other_profits())


def _has_largest_margin(state: ScopeState) -> bool:
    """Whether no other position holds more maintenance margin.

    Raises:
        CaseUnsupportedError: the margin of a position is not known.
    """
    others = enumerate(state.scope.other_positions)
    try:
        own = own_maintenance(state, state.qty)
        return all(
            maintenance_of_other(state, other, index) <= own for index, other in others
        )
    except CaseFieldError:
        order = OrderOfPositions.LARGEST_MARGIN_FIRST
        raise CaseUnsupportedError(ORDER_PATH, order) from None
