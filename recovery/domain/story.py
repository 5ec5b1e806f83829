"""The arithmetic of an assessment in plain words, and the steps of its picture.

Lines with the same label are one step: a close in two hundred fills is one sentence.
Amounts are signed from the customer's side; words carry every sign as well. The words
are data, one file a language (story_words).
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.ledger import ZERO
from recovery.domain.money import exact
from recovery.domain.story_words import StoryWords, story_words


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


_LESS_CERTAIN = ("not_verifiable", "recorded", "computed")


def story_steps(
    lines: Iterable[LineFacts], words: StoryWords | None = None
) -> tuple[Step, ...]:
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
        told = words or story_words()
        return tuple(_step(label, group, told) for label, group in grouped.items())


def _step(label: str, group: Sequence[LineFacts], words: StoryWords) -> Step:
    return Step(
        label=label,
        name=words.label(label).name,
        expected=sum((line.expected for line in group), ZERO),
        recorded=sum((line.recorded for line in group), ZERO),
        basis=_least_certain({line.basis for line in group}),
        lines=len(group),
    )


def _least_certain(held: set[str]) -> str:
    return next((basis for basis in _LESS_CERTAIN if basis in held), "recorded")


def story_total(steps: Sequence[Step], words: StoryWords | None = None) -> Step:
    """All steps together: what the rules and what the records leave."""
    with exact():
        return Step(
            label="closing_balance",
            name=(words or story_words()).sentence("left"),
            expected=sum((step.expected for step in steps), ZERO),
            recorded=sum((step.recorded for step in steps), ZERO),
            basis=_least_certain({step.basis for step in steps}),
            lines=sum(step.lines for step in steps),
        )


def story_sentences(
    steps: Sequence[Step], asset: str, words: StoryWords | None = None
) -> tuple[str, ...]:
    """One sentence a step, and one of what is left in the end."""
    told = words or story_words()
    last = _last_sentence(story_total(steps, told), asset, told)
    return (*(_sentence(step, asset, told) for step in steps), last)


def wallet_sentences(
    steps: Sequence[Step],
    asset: str,
    stated: Decimal | None,
    words: StoryWords,
    *,
    is_opening_known: bool = True,
) -> tuple[str, ...]:
    """One sentence a step of a wallet's rows, and one of what they leave.

    Args:
        stated: What the wallet is said to hold; None when nobody said.
        is_opening_known: Whether the steps begin with what stood before the rows;
            else nobody can say what they leave.
    """
    said = [
        words.sentence("ties", said=_said(step.label, step.recorded, asset, words))
        for step in steps
        if step.recorded
    ]
    left = story_total(steps, words).recorded
    end = (
        _wallet_end(left, stated, asset, words)
        if is_opening_known
        else words.sentence("comes_to", left=words.signed(left, asset))
    )
    return (*map(_capital, said), end)


def _wallet_end(
    left: Decimal, stated: Decimal | None, asset: str, words: StoryWords
) -> str:
    if stated is None:
        return words.sentence("leaves", left=words.signed(left, asset))
    if stated == left:
        return words.sentence("leaves_as_should", left=words.signed(left, asset))
    with exact():
        difference = difference_words(stated - left, asset, words)
    return words.sentence(
        "stated_otherwise",
        expected=words.signed(left, asset),
        recorded=words.signed(stated, asset),
        difference=difference,
    )


def _last_sentence(total: Step, asset: str, words: StoryWords) -> str:
    if total.difference == ZERO:
        left = words.signed(total.recorded, asset)
        return words.sentence("leaves_as_should", left=left)
    return words.sentence(
        "leaves_otherwise",
        expected=words.signed(total.expected, asset),
        recorded=words.signed(total.recorded, asset),
        difference=difference_words(total.difference, asset, words),
    )


def _sentence(step: Step, asset: str, words: StoryWords) -> str:
    due = step.recorded if step.expected == ZERO else step.expected
    said = _said(step.label, due, asset, words)
    if step.difference == ZERO:
        told = words.sentence("ties", said=said)
    elif step.expected == ZERO:
        told = words.sentence("not_due", said=said)
    elif step.recorded == ZERO:
        told = words.sentence("not_booked", said=said)
    else:
        told = words.sentence(
            "booked",
            said=said,
            booked=_booked(step, asset, words),
            difference=difference_words(step.difference, asset, words),
        )
    return _capital(told)


def _booked(step: Step, asset: str, words: StoryWords) -> str:
    """What was booked; whose side it fell to where that is not the side expected."""
    booked = words.amount(step.recorded, asset)
    if (step.recorded < ZERO) == (step.expected < ZERO):
        return booked
    return words.sentence("cost" if step.recorded < ZERO else "favour", amount=booked)


def _said(label: str, amount: Decimal, asset: str, words: StoryWords) -> str:
    said = words.label(label)
    template = said.minus if amount < ZERO else said.plus
    return template.format(amount=words.amount(amount, asset))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def difference_words(
    difference: Decimal, asset: str, words: StoryWords | None = None
) -> str:
    """A difference said from the customer's side."""
    told = words or story_words()
    if difference == ZERO:
        return told.sentence("equal")
    side = "less" if difference < ZERO else "more"
    return told.sentence(side, amount=told.amount(difference, asset))


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


def waterfall(steps: Sequence[Step], words: StoryWords | None = None) -> Waterfall:
    """What was booked as bars that begin where the one before ended, and both sums."""
    told = words or story_words()
    total = story_total(steps, told)
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
        booked = _bar(told.sentence("left_booked"), ZERO, total.recorded, low, span)
        rules = _bar(told.sentence("left_rules"), ZERO, total.expected, low, span)
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
