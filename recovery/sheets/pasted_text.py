"""Rows copied from a screen: columns apart by blanks become columns apart by tabs.

Text that is delimited already stays as it is. Nothing is guessed about what a cell
means; a line that does not fit the others keeps its own cells and becomes a problem of
its row.
"""

import re
from collections import Counter
from collections.abc import Sequence

_GUTTER = 2  # So many blanks, at one place in every line, part two columns.
_COLUMNS_MIN = 3
_MOST_PERCENT = 80
_DELIMITERS = ",;|"
_BLANKS = str.maketrans({"\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u3000": " "})
_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4},?")
_HOUR = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?")
_HALF_DAY = re.compile(r"[AaPp]\.?[Mm]\.?")
_RULE = re.compile(r"[|+:=\s-]+")


def pasted_table(text: str) -> str:
    """The rows with tabs between their columns, where they had blanks only.

    Args:
        text: as it was copied.
    """
    as_it_stands = text.strip("\r\n") + "\n"
    lines = [line.translate(_BLANKS).rstrip() for line in text.splitlines()]
    lines = [line for line in lines if line.strip()]
    if not lines or _is_most(lines, [line for line in lines if "\t" in line]):
        return as_it_stands
    drawn = [line for line in lines if line.strip().startswith("|")]
    if len(drawn) == len(lines):
        return _joined(_without_rules(lines))
    cells = _aligned(lines) or _ragged(lines)
    if _is_delimited(lines) and not cells:
        return as_it_stands
    cells = cells or _single_spaced(lines)
    return _joined(["\t".join(row) for row in cells]) if cells else as_it_stands


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


def _is_most(lines: Sequence[str], part: Sequence[object]) -> bool:
    return len(part) * 100 >= len(lines) * _MOST_PERCENT


def _without_rules(lines: Sequence[str]) -> list[str]:
    """A table drawn with bars, without its outer bars and its ruled lines."""
    bare = [line.strip() for line in lines if not _RULE.fullmatch(line)]
    return [
        "\t".join(cell.strip() for cell in line.strip("|").split("|")) for line in bare
    ]


def _is_delimited(lines: Sequence[str]) -> bool:
    """Whether most lines hold one delimiter equally often."""
    for delimiter in _DELIMITERS:
        counts = Counter(line.count(delimiter) for line in lines)
        count, most = counts.most_common(1)[0]
        if count >= _COLUMNS_MIN - 1 and most * 100 >= len(lines) * _MOST_PERCENT:
            return True
    return False


def _aligned(lines: Sequence[str]) -> list[list[str]]:
    """Cells between gutters that run down through every line; empty without any."""
    if len(lines) < 2:
        return []
    width = max(map(len, lines))
    padded = [line.ljust(width) for line in lines]
    blank = [all(line[at] == " " for line in padded) for at in range(width)]
    cuts, begin = [], 0
    while begin < width:
        end = begin
        while end < width and blank[end]:
            end += 1
        if end - begin >= _GUTTER and begin:
            cuts.append((begin, end))
        begin = max(end, begin + 1)
    starts = [0, *(end for _, end in cuts)]
    ends = [*(begin for begin, _ in cuts), width]
    if len(starts) < max(_COLUMNS_MIN, _usual(map(_split_wide, lines))):
        return []
    spans = list(zip(starts, ends, strict=True))
    return [[line[start:end].strip() for start, end in spans] for line in padded]


def _usual(rows: "Sequence[list[str]] | map[list[str]]") -> int:
    return Counter(map(len, rows)).most_common(1)[0][0]


def _split_wide(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


def _ragged(lines: Sequence[str]) -> list[list[str]]:
    """Cells apart by two blanks or more, where most lines have equally many."""
    return _even([_split_wide(line) for line in lines])


def _single_spaced(lines: Sequence[str]) -> list[list[str]]:
    """Cells apart by one blank, a day and its hour together."""
    return _even([_tokens(line) for line in lines])


def _even(rows: list[list[str]]) -> list[list[str]]:
    usual = _usual(rows)
    fitting = [row for row in rows if len(row) == usual]
    return rows if usual >= _COLUMNS_MIN and _is_most_rows(rows, fitting) else []


def _is_most_rows(rows: list[list[str]], fitting: list[list[str]]) -> bool:
    return len(fitting) * 100 >= len(rows) * _MOST_PERCENT


def _tokens(line: str) -> list[str]:
    tokens: list[str] = []
    for token in line.split():
        before = tokens[-1] if tokens else ""
        is_hour = _DAY.fullmatch(before) and _HOUR.fullmatch(token)
        is_half = _HALF_DAY.fullmatch(token) and _HOUR.fullmatch(before.split(" ")[-1])
        if is_hour or is_half:
            tokens[-1] = f"{before} {token}"
        else:
            tokens.append(token)
    return tokens
