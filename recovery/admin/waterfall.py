"""The arithmetic of an event as a picture: bars from balance to balance, in words too."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from recovery.admin.show import amount_text, flow_word, variance_text
from recovery.domain.ledger import ZERO
from recovery.models import AssessmentLine
from recovery.selectors.explanations import label_words

_WIDTH = Decimal(340)
_LEFT = Decimal(10)
_ROW = 44
_TOP = 8
_THIN = Decimal("1.5")


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
    recorded_x: str = ""
    recorded_width: str = ""

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


def waterfall(lines: Sequence[AssessmentLine], asset: str) -> Waterfall | None:
    """The picture of one asset's lines; None when there is nothing to draw."""
    own = [line for line in lines if line.asset == asset]
    if not own:
        return None
    spans = _spans(own)
    ends = [edge for span in spans for edge in (*span[0], *span[1])]
    low, high = min([*ends, ZERO]), max([*ends, ZERO])
    scale = _WIDTH / (high - low) if high > low else ZERO
    bars = [
        _bar(index, line, span, (low, scale))
        for index, (line, span) in enumerate(zip(own, spans, strict=True))
    ]
    return Waterfall(asset, bars, " ".join(f"{bar.label} {bar.text}." for bar in bars))


_Edges = tuple[Decimal, Decimal]


def _spans(lines: Sequence[AssessmentLine]) -> list[tuple[_Edges, _Edges]]:
    """From where to where each line moves the balance: expected, then recorded."""
    expected = recorded = ZERO
    spans = []
    for line in lines:
        if line.label.endswith("_balance"):
            spans.append(((ZERO, line.expected), (ZERO, line.recorded)))
            expected, recorded = line.expected, line.recorded
            continue
        before = expected, recorded
        expected, recorded = expected + line.expected, recorded + line.recorded
        spans.append(((before[0], expected), (before[1], recorded)))
    return spans


def _bar(
    index: int,
    line: AssessmentLine,
    span: tuple[_Edges, _Edges],
    frame: tuple[Decimal, Decimal],
) -> Bar:
    is_balance = line.label.endswith("_balance")
    x, width = _place(span[0], *frame)
    is_off = line.difference != ZERO
    recorded_x, recorded_width = _place(span[1], *frame) if is_off else ("", "")
    word = "" if is_balance else f" {flow_word(line.expected)}"
    note = (
        f"recorded {amount_text(line.recorded)}: "
        f"{variance_text(line.difference, line.asset)}"
    )
    return Bar(
        label=label_words(line.label).capitalize(),
        text=f"{amount_text(line.expected, line.asset)}{word}",
        note=note if is_off else "",
        x=x,
        width=width,
        y=_TOP + _ROW * index,
        tone="balance" if is_balance else flow_word(line.expected),
        recorded_x=recorded_x,
        recorded_width=recorded_width,
    )


def _place(edges: _Edges, low: Decimal, scale: Decimal) -> tuple[str, str]:
    start = (min(edges) - low) * scale + _LEFT
    width = max((max(edges) - min(edges)) * scale, _THIN)
    return f"{start:.1f}", f"{width:.1f}"
