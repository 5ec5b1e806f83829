"""The arithmetic of an assessment in plain words, and the steps of its picture.

Lines with the same label are one step: a close in two hundred fills is one sentence.
Amounts are signed from the customer's side; words carry every sign as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from recovery.domain.figures import money_text
from recovery.domain.ledger import ZERO
from recovery.domain.money import exact


class LineFacts(NamedTuple):
    """One assessment line, as far as a story needs it."""

    label: str
    expected: Decimal
    recorded: Decimal
    basis: str


class Step(NamedTuple):
    """All lines of one label together.

    Attributes:
        lines: How many lines it holds.
        basis: Its least certain basis.
    """

    label: str
    name: str
    expected: Decimal
    recorded: Decimal
    basis: str
    lines: int

    @property
    def difference(self) -> Decimal:
        """Recorded - expected; negative: the customer got less."""
        with exact():
            return self.recorded - self.expected


class _Words(NamedTuple):
    """How one label is said: its name, and what a minus and a plus of it did."""

    name: str
    minus: str
    plus: str


_WORDS: Mapping[str, _Words] = MappingProxyType(
    {
        "opening_balance": _Words(
            "Balance at the start", "the balance stood at minus", "you had"
        ),
        "realised_pnl": _Words(
            "Result of closing the position",
            "closing the position lost",
            "closing the position earned",
        ),
        "trading_fee": _Words(
            "Trading fees", "trading fees took", "trading fees gave back"
        ),
        "liquidation_fee": _Words(
            "Liquidation fee", "the liquidation fee took", "liquidation fees gave back"
        ),
        "funding": _Words("Funding", "funding cost", "funding brought"),
        "interest": _Words("Interest", "interest cost", "interest brought"),
        "transfer": _Words("Your own transfers", "you moved out", "you moved in"),
        "takeover": _Words(
            "Position taken over by the venue",
            "the venue took the position over, and with it",
            "the takeover brought",
        ),
        "surplus_taken": _Words(
            "What was left, to the insurance fund",
            "the insurance fund took",
            "the insurance fund gave back",
        ),
        "cover_received": _Words(
            "Loss covered by others",
            "cover given back was",
            "the insurance fund or other traders covered",
        ),
        "conversion": _Words(
            "Converted collateral", "conversion gave away", "conversion brought in"
        ),
        "other_position": _Words(
            "Results of other positions",
            "other positions of the account lost",
            "other positions of the account earned",
        ),
        "credit": _Words(
            "Credited afterwards", "a credit was taken back of", "we credited"
        ),
        "unknown": _Words(
            "Rows nobody could classify",
            "unclassified rows took",
            "unclassified rows brought",
        ),
        "closing_balance": _Words(
            "Balance at the end", "the end was minus", "at the end there was"
        ),
    }
)
_OTHER = _Words("Other rows", "other rows took", "other rows brought")
_LESS_CERTAIN = ("not_verifiable", "recorded", "computed")


def story_steps(lines: Iterable[LineFacts]) -> tuple[Step, ...]:
    """Lines summed by label, in the order in which the labels first come.

    A bankruptcy price holds the closing fee in it: a venue that books no fee of its
    own at a takeover is told with the fee in the takeover, not beside it.
    """
    grouped: dict[str, list[LineFacts]] = {}
    for line in lines:
        grouped.setdefault(line.label, []).append(line)
    fees = grouped.get("trading_fee", [])
    is_fee_inside = "takeover" in grouped and not any(line.recorded for line in fees)
    if is_fee_inside:
        grouped["takeover"] += grouped.pop("trading_fee", [])
    with exact():
        return tuple(_step(label, group) for label, group in grouped.items())


def _step(label: str, group: Sequence[LineFacts]) -> Step:
    return Step(
        label=label,
        name=_words(label).name,
        expected=sum((line.expected for line in group), ZERO),
        recorded=sum((line.recorded for line in group), ZERO),
        basis=_least_certain({line.basis for line in group}),
        lines=len(group),
    )


def _least_certain(held: set[str]) -> str:
    return next((basis for basis in _LESS_CERTAIN if basis in held), "recorded")


def story_total(steps: Sequence[Step]) -> Step:
    """All steps together: what the rules and what the records leave."""
    with exact():
        return Step(
            label="closing_balance",
            name="What is left",
            expected=sum((step.expected for step in steps), ZERO),
            recorded=sum((step.recorded for step in steps), ZERO),
            basis=_least_certain({step.basis for step in steps}),
            lines=sum(step.lines for step in steps),
        )


def story_sentences(steps: Sequence[Step], asset: str) -> tuple[str, ...]:
    """One sentence a step, and one of what is left in the end."""
    total = story_total(steps)
    return (*(_sentence(step, asset) for step in steps), _last_sentence(total, asset))


def _last_sentence(total: Step, asset: str) -> str:
    if total.difference == ZERO:
        return f"That leaves {_with_sign(total.recorded, asset)}, as it should be."
    return (
        f"By the rules that leaves {_with_sign(total.expected, asset)}; the records "
        f"leave {_with_sign(total.recorded, asset)}, which is "
        f"{difference_words(total.difference, asset)}."
    )


def _with_sign(amount: Decimal, asset: str) -> str:
    text = money_text(amount, asset)
    return f"minus {text}" if amount < ZERO else text


def _sentence(step: Step, asset: str) -> str:
    if step.difference == ZERO:
        return _capital(_said(step.label, step.recorded, asset)) + "."
    if step.expected == ZERO:
        said = _said(step.label, step.recorded, asset)
        return _capital(f"{said}; nothing of the kind was due.")
    if step.recorded == ZERO:
        said = _said(step.label, step.expected, asset)
        return _capital(f"by the rules, {said}; nothing was booked.")
    said = _said(step.label, step.expected, asset)
    is_turned = (step.recorded < ZERO) != (step.expected < ZERO)
    booked = money_text(step.recorded, asset)
    if is_turned:
        side = "to your cost" if step.recorded < ZERO else "in your favour"
        booked = f"{booked} {side}"
    return _capital(
        f"by the rules, {said}; {booked} was booked, which is "
        f"{difference_words(step.difference, asset)}."
    )


def _said(label: str, amount: Decimal, asset: str) -> str:
    words = _words(label)
    verb = words.minus if amount < ZERO else words.plus
    return f"{verb} {money_text(amount, asset)}"


def _words(label: str) -> _Words:
    return _WORDS.get(label, _OTHER)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def difference_words(difference: Decimal, asset: str) -> str:
    """A difference said from the customer's side."""
    if difference == ZERO:
        return "as it should be"
    side = "less" if difference < ZERO else "more"
    return f"{money_text(difference, asset)} {side} for you"


class Bar(NamedTuple):
    """One bar of a waterfall, in thousandths of the picture's width.

    Attributes:
        kind: plus, minus or none of a step; booked or rules of the two sums.
    """

    name: str
    amount: Decimal
    start: int
    width: int
    kind: str


_PICTURE_WIDTH = 1000
_BAR_MIN = 4  # A bar that is there can be seen.


class Waterfall(NamedTuple):
    """A picture: its bars, and where zero lies in thousandths of the width."""

    bars: tuple[Bar, ...]
    zero: int


def waterfall(steps: Sequence[Step]) -> Waterfall:
    """What was booked as bars that begin where the one before ended, and both sums."""
    total = story_total(steps)
    with exact():
        levels = [ZERO]
        for step in steps:
            levels.append(levels[-1] + step.recorded)
        low = min(*levels, total.expected)
        span = (max(*levels, total.expected) - low) or Decimal(1)
        bars = [
            _bar(step.name, before, step.recorded, low, span)
            for step, before in zip(steps, levels, strict=False)
        ]
        booked = _bar("Left by what was booked", ZERO, total.recorded, low, span)
        rules = _bar("Left by the rules", ZERO, total.expected, low, span)
        sums = (booked._replace(kind="booked"), rules._replace(kind="rules"))
        return Waterfall((*bars, *sums), _place(ZERO, low, span))


def _bar(
    name: str, before: Decimal, amount: Decimal, low: Decimal, span: Decimal
) -> Bar:
    left = _place(min(before, before + amount), low, span)
    right = _place(max(before, before + amount), low, span)
    if amount == ZERO:
        return Bar(name, amount, min(left, _PICTURE_WIDTH - _BAR_MIN), 0, "none")
    width = max(right - left, _BAR_MIN)
    kind = "plus" if amount > ZERO else "minus"
    return Bar(name, amount, min(left, _PICTURE_WIDTH - width), width, kind)


def _place(level: Decimal, low: Decimal, span: Decimal) -> int:
    return int((level - low) * _PICTURE_WIDTH // span)
