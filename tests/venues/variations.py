"""One table told in the many ways in which people, programs and venues tell it."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from openpyxl import Workbook

from recovery.sheets.records import Source


@dataclass(frozen=True)
class Table:
    """Header and rows, with the lines above and below them, as text."""

    above: tuple[str, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: tuple[str, ...] = ()


Change = Callable[[Table], bytes]
Cells = tuple[str, ...]


def table_of(path: Path, source: Source) -> Table:
    """The table of a text file."""
    lines = path.read_bytes().decode("utf-8-sig").splitlines(keepends=True)
    above = tuple(line.strip("\r\n") for line in lines[: source.header_number - 1])
    rows = tuple(record.cells for record in source.records())
    return Table(above, source.header, rows)


def written(
    table: Table, delimiter: str = ",", end: str = "\n", *, quote: bool = False
) -> str:
    """The table as text."""
    out = io.StringIO()
    for line in table.above:
        out.write(line + end)
    writer = csv.writer(
        out,
        delimiter=delimiter,
        lineterminator=end,
        quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL,
    )
    writer.writerow(table.header)
    writer.writerows(table.rows)
    for line in table.below:
        out.write(line + end)
    return out.getvalue()


def named(table: Table, change: Callable[[str], str]) -> bytes:
    """With other spellings of its column names."""
    header = tuple(map(change, table.header))
    return written(replace(table, header=header)).encode()


def placed(table: Table, order: list[int]) -> bytes:
    """With its columns in another order, or fewer of them."""
    rows = tuple(tuple(row[at] for at in order) for row in filled(table))
    header = tuple(table.header[at] for at in order)
    return written(replace(table, header=header, rows=rows)).encode()


def filled(table: Table) -> list[Cells]:
    """Its rows, none shorter than the header."""
    width = len(table.header)
    return [(*row, *[""] * (width - len(row))) for row in table.rows]


def with_column(table: Table, name: str, cell: Callable[[int], str], at: int) -> bytes:
    """With one more column."""
    rows = tuple(
        (*row[:at], cell(number), *row[at:]) for number, row in enumerate(filled(table))
    )
    header = (*table.header[:at], name, *table.header[at:])
    return written(replace(table, header=header, rows=rows)).encode()


def celled(table: Table, change: Callable[[str], str]) -> bytes:
    """With other spellings of its cells."""
    rows = tuple(tuple(map(change, row)) for row in table.rows)
    return written(replace(table, rows=rows), quote=True).encode()


def lined(table: Table, change: Callable[[list[str]], list[str]]) -> bytes:
    """With other lines of text."""
    return "".join(change(written(table).splitlines(keepends=True))).encode()


def blocks(table: Table) -> bytes:
    """As a program shows it: columns padded to one width."""
    rows = [table.header, *filled(table)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.header))]
    lines = [
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join([*table.above, *lines, ""]).encode()


def markdown(table: Table) -> bytes:
    """As a table of a ticket system."""
    rule = tuple("---" for _ in table.header)
    rows = [table.header, rule, *filled(table)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*table.above, *lines, ""]).encode()


def page(table: Table) -> bytes:
    """As a table of a web page."""
    rows = [table.header, *filled(table)]
    cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    return (
        "".join(f"<tr>{row}</tr>" for row in cells)
        .join(["<table>", "</table>"])
        .encode()
    )


def workbook(
    table: Table, cell: Callable[[str], object] = str, *, title: str = ""
) -> bytes:
    """As a workbook."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    if title:
        sheet.append([title])
        sheet.append([])
    for line in table.above:
        sheet.append(next(csv.reader([line])))
    sheet.append(list(table.header))
    for row in table.rows:
        sheet.append([cell(one) for one in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def objects(table: Table) -> bytes:
    """As objects of a program."""
    rows = [dict(zip(table.header, row, strict=True)) for row in filled(table)]
    return json.dumps(rows).encode()


def object_lines(table: Table) -> bytes:
    """As one object a line."""
    rows = [dict(zip(table.header, row, strict=True)) for row in filled(table)]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _is_number(cell: str) -> bool:
    body = cell.removeprefix("-")
    return body.replace(".", "", 1).isdigit() and len(body) < 15


def _padded(cell: str) -> str:
    if not _is_number(cell):
        return cell
    return cell + "0000" if "." in cell else cell


def _marked(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.encode()


def _every(lines: list[str], extra: str) -> list[str]:
    return [part for line in lines for part in (line, extra)]


def _below_above(table: Table) -> int:
    return len(table.above) + 1


# --- read to the same rows, or refused ----------------------------------------------

VARIATIONS: dict[str, Change] = {
    "header in small letters": lambda t: named(t, str.lower),
    "header in capitals": lambda t: named(t, str.upper),
    "header with underscores": lambda t: named(t, lambda n: n.replace(" ", "_")),
    "header with blanks for underscores": lambda t: named(
        t, lambda n: n.replace("_", " ")
    ),
    "header without blanks": lambda t: named(t, lambda n: n.replace(" ", "")),
    "header with padding": lambda t: named(t, lambda n: f"  {n} "),
    "header with hard blanks": lambda t: named(t, lambda n: n.replace(" ", "\u00a0")),
    "header with invisible signs": lambda t: named(t, lambda n: f"\u200b{n}\u200e"),
    "header with a mark in every cell": lambda t: named(t, lambda n: f"\ufeff{n}"),
    "header with stars": lambda t: named(t, lambda n: f"{n}*"),
    "header with colons": lambda t: named(t, lambda n: f"{n}:"),
    "one more column behind": lambda t: with_column(
        t, "Internal note", lambda _: "x", len(t.header)
    ),
    "one more column in front": lambda t: with_column(
        t, "Internal note", lambda _: "x", 0
    ),
    "unnamed index in front": lambda t: with_column(t, "", str, 0),
    "unnamed empty column behind": lambda t: with_column(
        t, "", lambda _: "", len(t.header)
    ),
    "columns turned round": lambda t: placed(t, list(range(len(t.header)))[::-1]),
    "first column last": lambda t: placed(t, [*range(1, len(t.header)), 0]),
    "semicolons": lambda t: written(t, ";").encode(),
    "tabs": lambda t: written(t, "\t").encode(),
    "pipes": lambda t: written(t, "|").encode(),
    "every cell quoted": lambda t: written(t, quote=True).encode(),
    "whole lines quoted": lambda t: lined(
        t,
        lambda lines: [
            '"' + line.strip("\n").replace('"', '""') + '"\n' for line in lines
        ],
    ),
    "mark in front": lambda t: _marked(written(t)),
    "two marks in front": lambda t: _marked("\ufeff" + written(t)),
    "sixteen bits": lambda t: written(t).encode("utf-16"),
    "lines of Windows": lambda t: written(t, end="\r\n").encode(),
    "lines of an old Mac": lambda t: written(t, end="\r").encode(),
    "empty lines between": lambda t: lined(t, lambda lines: _every(lines, "\n")),
    "lines of separators between": lambda t: lined(
        t,
        lambda lines: [
            *lines[: _below_above(t)],
            *_every(lines[_below_above(t) :], "," * (len(t.header) - 1) + "\n"),
        ],
    ),
    "empty lines above": lambda t: b"\n\n\n" + written(t).encode(),
    "no end of the last line": lambda t: written(t).rstrip("\n").encode(),
    "separator behind every row": lambda t: lined(
        t,
        lambda lines: [
            line if at < len(t.above) else line.rstrip("\n") + ",\n"
            for at, line in enumerate(lines)
        ],
    ),
    "title above": lambda t: b"Export of the account history\n" + written(t).encode(),
    "title and period above": lambda t: (
        b"Export of the account history\nPeriod: 2026-01-01 to 2026-03-31\n\n"
        + written(t).encode()
    ),
    "separator line of a spreadsheet": lambda t: b"sep=,\n" + written(t).encode(),
    "note below": lambda t: written(replace(t, below=("End of report",))).encode(),
    "total below": lambda t: written(
        replace(t, below=("Total" + "," * (len(t.header) - 2) + ",123.45",))
    ).encode(),
    "count below": lambda t: written(
        replace(t, below=("", f"{len(t.rows)} rows exported"))
    ).encode(),
    "header again between": lambda t: written(
        replace(t, rows=(*t.rows, t.header, *t.rows[:0]))
    ).encode(),
    "cells with padding": lambda t: celled(t, lambda c: f" {c} "),
    "cells with hard blanks": lambda t: celled(t, lambda c: f"\u00a0{c}"),
    "numbers padded with zeros": lambda t: celled(t, _padded),
    "numbers with a plus": lambda t: celled(
        t, lambda c: f"+{c}" if _is_number(c) and "." in c and c[0] != "-" else c
    ),
    "numbers with a real minus sign": lambda t: celled(
        t, lambda c: c.replace("-", "\u2212") if _is_number(c) else c
    ),
    "blocks of blanks": blocks,
    "table of a ticket": markdown,
    "table of a web page": page,
    "workbook of texts": workbook,
    "workbook with a title": lambda t: workbook(t, title="Account history"),
    "workbook of numbers": lambda t: workbook(
        t, lambda c: float(c) if _is_number(c) and "." in c else c
    ),
    "objects": objects,
    "an object a line": object_lines,
}
