"""A story as a picture of its own: its sentences and its bars, for other systems."""

import base64
import unicodedata
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from recovery.domain.story import Bar, Step, waterfall
from recovery.domain.story_words import StoryWords

_WIDTH = 760
_EDGE = 28
_LINE = 22
_ROW = 40
_UNITS = 78  # Letters of a broad type in one line; a wide one counts twice.
_BARS = _WIDTH - 2 * _EDGE
_COLOURS = {
    "plus": "#2f8f5b",
    "minus": "#c2564a",
    "none": "#9aa5b1",
    "booked": "#6b3fa0",
    "rules": "#4b7f96",
}
_FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif"


def picture_address(svg: str) -> str:
    """A picture as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def story_picture(
    sentences: Sequence[str], steps: Sequence[Step], asset: str, words: StoryWords
) -> str:
    """An SVG that needs nothing from outside itself."""
    lines = [
        (line, number == 0)
        for number, sentence in enumerate(sentences)
        for line in _wrapped(sentence)
    ]
    bars = waterfall(steps, words).bars
    top = _EDGE + _LINE * len(lines) + 14
    height = top + _ROW * len(bars) + _EDGE
    parts = [
        _frame(height, words.code),
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *_texts(lines, words),
        *_bars(bars, top, asset, words),
        "</svg>",
    ]
    return "".join(parts)


def _frame(height: int, language: str) -> str:
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} xml:lang="{language}" '
        f'font-family="{_FONT}" font-size="15" fill="#10161d">'
    )


def _texts(lines: Sequence[tuple[str, bool]], words: StoryWords) -> Iterator[str]:
    for number, (line, is_first) in enumerate(lines):
        weight = ' font-weight="600"' if is_first else ""
        y = _EDGE + _LINE * number + 12
        yield f"<text {_begin(words)} y={_quoted(y)}{weight}>{escape(line)}</text>"


def _begin(words: StoryWords) -> str:
    if words.is_turned:
        return f'x="{_WIDTH - _EDGE}" direction="rtl" text-anchor="start"'
    return f'x="{_EDGE}"'


def _end(words: StoryWords) -> str:
    if words.is_turned:
        return f'x="{_EDGE}" text-anchor="start"'
    return f'x="{_WIDTH - _EDGE}" text-anchor="end"'


def _quoted(number: int) -> str:
    return f'"{number}"'


def _bars(
    bars: Sequence[Bar], top: int, asset: str, words: StoryWords
) -> Iterator[str]:
    for number, bar in enumerate(bars):
        y = top + _ROW * number
        amount = escape(words.signed(bar.amount, asset))
        x = _EDGE + bar.start * _BARS // 1000
        width = max(bar.width * _BARS // 1000, 2)
        yield (
            f'<text {_begin(words)} y="{y + 13}" font-size="13">'
            f"{escape(bar.name)}</text>"
            f'<text {_end(words)} y="{y + 13}" font-size="13">{amount}</text>'
            f'<rect x="{x}" y="{y + 19}" width="{width}" height="11" rx="2" '
            f'fill="{_COLOURS[bar.kind]}"/>'
        )


def _wrapped(text: str) -> Iterator[str]:
    """Lines that fit the width; scripts without blanks break between letters."""
    line, left = "", _UNITS
    for piece in _pieces(text):
        left -= sum(map(_units, piece))
        if left < 0 and line:
            yield line.rstrip()
            line, left = "", _UNITS - sum(map(_units, piece))
        line += piece if line else piece.lstrip()
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """Words with the blank before them; every wide letter is a piece of its own."""
    piece = ""
    for letter in text:
        if letter == " " or _units(letter) == 2:
            if piece:
                yield piece
            piece = letter
        else:
            piece += letter
    if piece:
        yield piece


def _units(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
