"""Kind socialised_loss.

Source: case format, section 5.3.
"""

from decimal import Decimal

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.cases.answer import Answer, Values
from recovery.domain.cases.fields import CaseFields
from recovery.domain.money import ZERO, divide, round_amount
from recovery.domain.policy import Policy
from recovery.domain.policy_words import Bearer, SocialisedAllocation
from recovery.domain.socialised_loss import (
    Loser,
    Shares,
    Winner,
    charge_winners,
    pay_winners,
)


def answer_socialised_loss(case: CaseFields) -> Answer:
    """Who gives up how much of what."""
    policy: Policy = case.need("policy")
    if policy.socialised.allocation is SocialisedAllocation.PER_OPEN_UNIT:
        return Answer(_per_open_unit(case, policy))
    rules = (policy.socialised.remainder_to, policy.rounding.money)
    winners = _winners(case)
    if case.has("losers"):
        losers = [
            Loser(entry["party"], entry["owed"], entry["funds"])
            for entry in case.get("losers")
        ]
        shares = pay_winners(losers, winners, _fund(case, policy), rules)
        return Answer(_values(shares) | {"net_profit": _net_profit(shares, losers)})
    minimum = policy.socialised.minimum_rate or ZERO
    shares = charge_winners(case.need("loss"), winners, minimum, rules)
    return Answer(_values(shares) | {"net_profit": _net_profit(shares, [])})


def _winners(case: CaseFields) -> list[Winner]:
    """The winners in paying order, each named once."""
    winners = [Winner(entry["party"], entry["due"]) for entry in case.need("winners")]
    names = [winner.party for winner in winners]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise CaseFieldError(f"winners[{index}].party", f"named twice: {name}")
    return winners


def _fund(case: CaseFields, policy: Policy) -> Decimal:
    """What the fund gives before the loss is shared; nothing where none is stated."""
    asked = Bearer.INSURANCE_FUND in policy.deficit_to
    fund: Decimal | None = case.get("insurance_fund")
    return fund if asked and fund is not None else ZERO


def _values(shares: Shares) -> Values:
    """The figures of a shared loss by their names."""
    return {
        "collected": shares.collected,
        "uncovered": shares.uncovered,
        "insurance_fund_delta": shares.fund_delta,
        "paid": shares.paid,
        "haircut": shares.haircut,
    }


def _net_profit(shares: Shares, losers: list[Loser]) -> dict[str, Decimal]:
    """What every party is left with: winners what is paid, losers what they gave."""
    profits = dict(shares.paid)
    for loser in losers:
        given = min(loser.owed, loser.funds)
        profits[loser.party] = profits.get(loser.party, ZERO) - given
    return profits


def _per_open_unit(case: CaseFields, policy: Policy) -> Values:
    """The same loss on every open contract, on both sides."""
    loss: Decimal = case.need("loss")
    units = case.need("open_interest_long") + case.need("open_interest_short")
    if not units:
        raise CaseFieldError("open_interest_long", "nothing is open to share by")
    haircut = {
        entry["party"]: round_amount(
            divide(entry["qty"] * loss, units), policy.rounding.money
        )
        for entry in case.get("holders") or ()
    }
    return {"loss_per_unit": divide(loss, units), "haircut": haircut}
