"""Who gives and who receives: covers, fees and shares of the surplus."""

from decimal import Decimal

from recovery.domain.money import ZERO
from recovery.domain.policy import SurplusShares
from recovery.domain.policy_words import Bearer, SurplusReceiver
from recovery.domain.settlement_case import LineLabel
from recovery.domain.settlement_state import ScopeState

# Reading a member from its class costs more than the sums of a fill.
_LIQUIDATION_FEE = LineLabel.LIQUIDATION_FEE
_CUSTOMER = SurplusReceiver.CUSTOMER


def bear_deficit(state: ScopeState, deficit: Decimal) -> Decimal:
    """Ask the bearers in order; only the fund is limited.

    Returns:
        What is booked into the scope: 0 where the policy books no cover yet, and
        never what the customer owes himself or what nobody bears.

    Source: case format, `deficit_to`, `cover_booked`, `insurance_fund`.
    """
    state.deficit += deficit
    rest, given = deficit, ZERO
    for bearer in state.policy.deficit_to:
        part = _part_borne(state, bearer, rest)
        state.borne[bearer] += part
        rest -= part
        if state.policy.cover_booked and bearer is not Bearer.CUSTOMER:
            state.pay(bearer, -part)
            given += part
    return given


def _part_borne(state: ScopeState, bearer: Bearer, rest: Decimal) -> Decimal:
    """What one bearer takes of the rest of a deficit."""
    if bearer is not Bearer.INSURANCE_FUND or state.fund_left is None:
        return rest
    part = min(rest, state.fund_left)
    state.fund_left -= part
    return part


def cover_deficit(state: ScopeState, deficit: Decimal) -> None:
    """Book what the bearers give at once."""
    given = bear_deficit(state, deficit)
    state.cover += given
    state.open_cover += given
    state.unbooked += deficit - given
    state.book(LineLabel.COVER_RECEIVED, given)


def charge_liquidation_fee(state: ScopeState, fee: Decimal, whole_fee: Decimal) -> None:
    """Book a liquidation fee; `whole_fee` is what it was before any cap."""
    state.liquidation_fee += fee
    state.open_fee += fee
    state.open_whole_fee += whole_fee
    state.book(_LIQUIDATION_FEE, -fee)


def share_surplus(state: ScopeState, rest: Decimal, shares: SurplusShares) -> None:
    """Divide what is left; the customer's share, else the last, takes the digits.

    Source: case format, `surplus_to`.
    """
    for (receiver, _), part in zip(shares, _parts(state, rest, shares), strict=True):
        state.paid_to[receiver] = state.paid_to.get(receiver, ZERO) + part
        if receiver is _CUSTOMER:
            state.residual += part
        else:
            state.pay(receiver, part)
            state.taken += part
            state.book(LineLabel.SURPLUS_TAKEN, -part)


def take_back_residual(state: ScopeState) -> None:
    """The customer's share of an earlier close is at stake again."""
    if state.residual:
        state.paid_to[_CUSTOMER] -= state.residual
        state.residual = ZERO


def _parts(state: ScopeState, rest: Decimal, shares: SurplusShares) -> list[Decimal]:
    """The booked shares of what is left; they add up to it exactly."""
    if len(shares) == 1:
        return [rest]
    parts = [state.money(rest * share) for _, share in shares]
    receivers = [receiver for receiver, _ in shares]
    taker = len(shares) - 1
    if _CUSTOMER in receivers:
        taker = receivers.index(_CUSTOMER)
    parts[taker] += rest - sum(parts, ZERO)
    return parts
