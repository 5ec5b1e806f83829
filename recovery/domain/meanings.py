"""What a decision means for the customer: where the money went, who bears a loss."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from recovery.domain.figures import money_text
from recovery.domain.ledger import ZERO
from recovery.domain.money import exact
from recovery.domain.story import Step
from recovery.domain.words import DecisionKind

# Classes that never owe a venue more than they put in.
_PROTECTED = frozenset({"retail"})
_BEARERS: Mapping[str, str] = MappingProxyType(
    {
        "insurance_fund": "the insurance fund",
        "adl": "traders with winning positions, whose positions are reduced (ADL)",
        "socialised": "all traders of the venue in shares",
        "lenders": "the lenders of the margin loan",
        "pool": "the liquidity pool",
        "venue": "the venue itself",
        "customer": "you",
    }
)


class DecisionFacts(NamedTuple):
    """What the wording of a decision rests on.

    Attributes:
        difference: Received - expected; negative: the customer is short.
        terms: The liquidation policy in force, as the receipt holds it.
        client_class: Of the customer; unknown counts as protected.
        is_paid: All that is owed was credited.
    """

    kind: DecisionKind
    asset: str
    amount: Decimal
    difference: Decimal
    steps: Sequence[Step]
    terms: Mapping[str, Any]
    client_class: str
    is_paid: bool = False


_MONEY_GOES = "What is owed goes to your own balance."
_MONEY_WENT = "What was owed has gone to your own balance."


def decision_headline(facts: DecisionFacts) -> str:
    """The decision in one sentence."""
    amount = money_text(facts.amount, facts.asset)
    if facts.kind == DecisionKind.OWED:
        if facts.is_paid:
            return f"{amount} was owed to you and is credited."
        return f"We owe you {amount}."
    if facts.kind == DecisionKind.DEFICIT:
        return f"The account ended {amount} below zero."
    return f"Nothing is owed to you in {facts.asset}."


def decision_meaning(facts: DecisionFacts) -> tuple[str, ...]:
    """What follows from the decision, in short paragraphs."""
    if facts.kind == DecisionKind.OWED:
        return _owed(facts)
    if facts.kind == DecisionKind.DEFICIT:
        return _deficit(facts)
    return _not_owed(facts)


def _owed(facts: DecisionFacts) -> tuple[str, ...]:
    first = (
        "You received less than you should have been left with. "
        f"{_MONEY_WENT if facts.is_paid else _MONEY_GOES}"
    )
    if facts.amount == facts.difference.copy_negate():
        return (first,)
    return (first, "The decision covers a part of the difference; the reason says why.")


def _not_owed(facts: DecisionFacts) -> tuple[str, ...]:
    taken = _taken_over(facts.steps)
    if facts.terms.get("takeover_at_bankruptcy") or taken is not None:
        return _takeover(facts, taken)
    if facts.difference > ZERO:
        return ("You received more than you should have been left with.",)
    if facts.difference == ZERO:
        return ("You received exactly what you should have been left with.",)
    return ("The difference is within what the rules allow; the reason says why.",)


def _taken_over(steps: Sequence[Step]) -> Decimal | None:
    amounts = [step.recorded for step in steps if step.label == "takeover"]
    with exact():
        return sum(amounts, ZERO) if amounts else None


def _takeover(facts: DecisionFacts, taken: Decimal | None) -> tuple[str, ...]:
    receiver = _bearer(facts.terms.get("takeover_surplus_to", "insurance_fund"))
    amount = money_text(taken, facts.asset) if taken else "your margin"
    return (
        (
            "Where the money went: this venue does not sell a liquidated position on "
            "your account. It takes the position over at its bankruptcy price, the "
            f"price at which your margin is just used up, and {amount} went with it."
        ),
        (
            "From then on the position is the venue's: had it been closed at a worse "
            f"price, {receiver} would have borne the loss, not you. Closed at a better "
            f"price, {receiver} keeps the gain. The terms named below say so for every "
            "customer alike."
        ),
    )


def _deficit(facts: DecisionFacts) -> tuple[str, ...]:
    bearers = [str(name) for name in facts.terms.get("deficit_to", [])]
    amount = money_text(facts.amount, facts.asset)
    meaning = (
        f"What it means: closing the position cost more than was in the account. "
        f"{amount} is the part that your balance could not pay."
    )
    others = [_bearer(name) for name in bearers if name != "customer"]
    borne = f"Who bears it, by the terms: {_in_order(others)}." if others else ""
    return tuple(text for text in (meaning, borne, _owes(facts, bearers)) if text)


def _owes(facts: DecisionFacts, bearers: Sequence[str]) -> str:
    is_protected = not facts.client_class or facts.client_class in _PROTECTED
    if is_protected or "customer" not in bearers:
        return "You owe nothing. Nobody may ask you to pay this amount."
    if bearers == ["customer"]:
        return (
            "By the terms this amount is yours to settle. You are not asked to pay "
            "anything on this page; we write to you about how, and you can disagree."
        )
    return (
        "By the terms you bear only what the others named here could not. You are not "
        "asked to pay anything on this page; we write to you first."
    )


def _bearer(name: str) -> str:
    return _BEARERS.get(name, name.replace("_", " "))


def _in_order(names: Sequence[str]) -> str:
    return ", and what is left over then ".join(names)
