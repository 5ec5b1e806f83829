"""The arithmetic of an event as a picture: bars from balance to balance, in words too."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from recovery.admin.show import amount_text, flow_word, sentence_case, variance_text
from recovery.domain.assessment import Line
from recovery.domain.ledger import ZERO
from recovery.models import AssessmentLine
from recovery.selectors.explanations import label_words

_WIDTH = Decimal(340)
_LEFT = Decimal(10)
_ROW = 44
_TOP = 8
_THIN = Decimal("1.5")
_OPENING = "opening_balance"
_END = "end"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it lies and what is written over it."""

    label: str
    text: str
    note: str
    x: str
    width: str
    y: int
    tone: str
    recorded_x: str
    recorded_width: str

    @property
    def text_y(self) -> int:
        """Baseline of the words over the bar."""
        return self.y + 12

    @property
    def bar_y(self) -> int:
        """Upper edge of the bar."""
        return self.y + 18

    @property
    def recorded_y(self) -> int:
        """Upper edge of the thin bar of what was recorded."""
        return self.y + 31


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A picture of one asset."""

    asset: str
    bars: list[Bar]
    description: str

    @property
    def height(self) -> int:
        """Height of the picture."""
        return _TOP + _ROW * len(self.bars) + 4

    @property
    def ident(self) -> str:
        """Part of the ids inside the picture."""
        return self.asset.lower()


class Move(NamedTuple):
    """Lines of one label together: what should have moved, and what did."""

    label: str
    expected: Decimal
    recorded: Decimal
    is_balance: bool


def waterfall(lines: Sequence[AssessmentLine | Line], asset: str) -> Waterfall | None:
    """The picture of one asset's lines; None when there is nothing to draw."""
    moves = _moves([line for line in lines if line.asset == asset])
    if not moves:
        return None
    spans = _spans(moves)
    ends = [edge for span in spans for edge in (*span[0], *span[1])]
    low, high = min([*ends, ZERO]), max([*ends, ZERO])
    frame = low, (_WIDTH / (high - low) if high > low else ZERO)
    bars = [
        _bar(_TOP + _ROW * index, asset, move, (span, frame))
        for index, (move, span) in enumerate(zip(moves, spans, strict=True))
    ]
    return Waterfall(asset, bars, " ".join(f"{bar.label} {bar.text}." for bar in bars))


def _moves(lines: Sequence[AssessmentLine | Line]) -> list[Move]:
    """One move a label, in the order of the lines, and the end they lead to."""
    sums: dict[str, list[Decimal]] = {}
    for line in lines:
        both = sums.setdefault(line.label, [ZERO, ZERO])
        both[0] += line.expected
        both[1] += line.recorded
    moves = [
        Move(label, both[0], both[1], label == _OPENING) for label, both in sums.items()
    ]
    if not moves:
        return []
    expected = sum((move.expected for move in moves), ZERO)
    recorded = sum((move.recorded for move in moves), ZERO)
    return [*moves, Move(_END, expected, recorded, is_balance=True)]


_Edges = tuple[Decimal, Decimal]
_Span = tuple[_Edges, _Edges]


def _spans(moves: Sequence[Move]) -> list[_Span]:
    """From where to where each move takes the balance: expected, then recorded."""
    expected = recorded = ZERO
    spans: list[_Span] = []
    for move in moves:
        if move.label == _END:
            spans.append(((ZERO, expected), (ZERO, recorded)))
            continue
        before = expected, recorded
        expected, recorded = expected + move.expected, recorded + move.recorded
        spans.append(((before[0], expected), (before[1], recorded)))
    return spans


def _bar(
    y: int, asset: str, move: Move, places: tuple[_Span, tuple[Decimal, Decimal]]
) -> Bar:
    span, frame = places
    difference = move.recorded - move.expected
    x, width = _place(span[0], *frame)
    recorded_x, recorded_width = _place(span[1], *frame)
    word = "" if move.is_balance else f" {flow_word(move.expected)}"
    note = (
        f"recorded {amount_text(move.recorded, asset)}, "
        f"{variance_text(difference, asset)}"
    )
    return Bar(
        label=sentence_case(label_words(move.label)),
        text=f"{amount_text(move.expected, asset)}{word}",
        note=note if difference else "",
        x=x,
        width=width,
        y=y,
        tone="balance" if move.is_balance else flow_word(move.expected),
        recorded_x=recorded_x,
        recorded_width=recorded_width,
    )


def _place(edges: _Edges, low: Decimal, scale: Decimal) -> tuple[str, str]:
    start = (min(edges) - low) * scale + _LEFT
    width = max((max(edges) - min(edges)) * scale, _THIN)
    return f"{start:.1f}", f"{width:.1f}"
