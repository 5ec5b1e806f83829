"""Sharing a loss among those who gained, or among all who hold.

Source: case format, kind `socialised_loss`; worked examples 12, 13 and 25.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.money import ZERO, Rounding, divide, round_amount
from recovery.domain.policy_words import RemainderTo


class Loser(NamedTuple):
    """A party that owes, and what it has."""

    party: str
    owed: Decimal
    funds: Decimal


class Winner(NamedTuple):
    """A party to be paid."""

    party: str
    due: Decimal


class Shares(NamedTuple):
    """Who gets and who gives up how much."""

    paid: dict[str, Decimal]
    haircut: dict[str, Decimal]
    collected: Decimal
    uncovered: Decimal
    fund_delta: Decimal


def pay_winners(
    losers: Sequence[Loser],
    winners: Sequence[Winner],
    fund: Decimal,
    rules: tuple[RemainderTo, Rounding | None],
) -> Shares:
    """Pay the winners in proportion to what is due out of what is collected.

    Args:
        losers: each gives what it owes, at most what it has.
        winners: in paying order.
        fund: what the insurance fund can give.
        rules: who gets what rounding leaves over, and the rounding of a payment.
    """
    remainder_to, rounding = rules
    owed = sum((loser.owed for loser in losers), ZERO)
    given = sum((min(loser.owed, loser.funds) for loser in losers), ZERO)
    used = min(fund, owed - given)
    collected = given + used
    due = sum((winner.due for winner in winners), ZERO)
    payable = min(collected, due)
    paid = {
        winner.party: round_amount(divide(winner.due * payable, due), rounding)
        for winner in winners
        if due
    }
    remainder = payable - sum(paid.values(), ZERO)
    if paid and remainder_to is RemainderTo.LAST:
        paid[winners[-1].party] += remainder
    to_fund = remainder if remainder_to is RemainderTo.INSURANCE_FUND else ZERO
    return Shares(
        paid=paid,
        haircut={
            winner.party: winner.due - paid[winner.party]
            for winner in winners
            if winner.party in paid
        },
        collected=collected,
        uncovered=owed - collected,
        fund_delta=to_fund - used,
    )


def charge_winners(
    loss: Decimal,
    winners: Sequence[Winner],
    minimum_rate: Decimal,
    rules: tuple[RemainderTo, Rounding | None],
) -> Shares:
    """Charge a loss to the winners, at least at a minimum rate, at most all.

    Args:
        loss: what must be shared.
        winners: in paying order.
        minimum_rate: least part of what is due that is charged.
        rules: who gets what rounding leaves over, and the rounding of a charge.
    """
    remainder_to, rounding = rules
    due = sum((winner.due for winner in winners), ZERO)
    charge = min(max(loss, minimum_rate * due), due)
    haircut = {
        winner.party: round_amount(divide(winner.due * charge, due), rounding)
        for winner in winners
        if due
    }
    if haircut and remainder_to is RemainderTo.LAST:
        haircut[winners[-1].party] += charge - sum(haircut.values(), ZERO)
    charged = sum(haircut.values(), ZERO)
    return Shares(
        paid={
            winner.party: winner.due - haircut[winner.party]
            for winner in winners
            if winner.party in haircut
        },
        haircut=haircut,
        collected=charged,
        uncovered=max(loss - charged, ZERO),
        fund_delta=charged - loss,
    )
