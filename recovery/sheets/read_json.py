"""Answers of venues' interfaces (JSON): a list of objects becomes a table of texts.

Numbers stay the text that was sent: no digit passes through binary arithmetic.
Inner objects become columns such as `delta.type`; inner lists stay as JSON text.
Rows without keys have the places of their cells for names: 0, 1, 2.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import (
    OPENING_ROWS,
    Cells,
    Limits,
    Record,
    Source,
    SourceKind,
    storable,
    storable_record,
)
from recovery.sheets.text_scan import encoding_of

KEY_COLUMN = "key"  # The name under which an object of objects keeps its keys.
INNER_MARK = "."
DEEPEST = 12
ROW_KEYS = 4
OBJECTS_A_ROW = 2  # Where so many rows are sent as may be, few hold more inside.
ENVELOPE = {"data", "result"}  # What interfaces put their rows under.
_BLANKS = re.compile(r"\s*,?\s*")
SAID = ("msg", "retMsg", "message", "reason", "error", "errors")
SEND_AGAIN = "Save the answer of the interface again, as it came."

Row = dict[str, str]


def open_json(path: Path, limits: Limits) -> Source:
    """Open an answer of an interface.

    Raises:
        FileRefusedError: it is no JSON, holds no list of objects or several, or
            names a key twice.
    """
    size = path.stat().st_size
    if size > limits.json_bytes:
        raise FileRefusedError(
            "too_large",
            f"The answer has {size} bytes; at most {limits.json_bytes} are read.",
            "Ask the interface for shorter periods.",
        )
    text = _text(path)
    if text.count("{") + text.count("[") > OBJECTS_A_ROW * limits.rows:
        raise _too_many_rows(limits)
    documents = _documents(text)
    del text
    preamble = tuple(_statements(documents[0]))
    read = _rows if len(documents) == 1 else _rows_or_row
    sent = [_as_sent(one) for document in documents for one in read(document)]
    if not sent:
        raise _no_rows(documents[0], "rows")
    if len(sent) > limits.rows:
        raise _too_many_rows(limits)
    del documents  # What was sent goes as its texts come: it need not be there twice.
    sent.reverse()
    rows = [_flat(sent.pop()) for _ in range(len(sent))]
    header = _header(rows, limits)
    rows.reverse()
    records = tuple(
        _record(number, rows.pop(), header) for number in range(1, len(rows) + 1)
    )
    return Source(
        path=path,
        kind=SourceKind.JSON,
        sheet="",
        encoding="utf-8",
        delimiter="",
        preamble=preamble,
        header=header,
        header_number=0,
        opening=(Record(0, header), *records[: OPENING_ROWS - 1]),
        rows=lambda: iter(records),
    )


def _too_many_rows(limits: Limits) -> FileRefusedError:
    return FileRefusedError(
        "too_many_rows",
        f"The file holds more than {limits.rows} rows.",
        "Split it into parts.",
    )


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode(encoding_of(content[:4]))
    except UnicodeDecodeError as error:
        raise FileRefusedError(
            "encoding",
            f"Byte {error.start} does not belong to the encoding of the file.",
            SEND_AGAIN,
        ) from error


def _documents(text: str) -> list[Any]:
    """The documents of the text: one, one a line, or several one after another."""
    found: list[Any] = []
    at = _past_blanks(text, 0)
    while at < len(text) or not found:
        document, end = _parsed(text, at)
        found.append(document)
        at = _past_blanks(text, end)
    if len(found) == 1 and _are_answers(found[0]):
        return list(found[0])
    return found


def _past_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _parsed(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _unreadable(error) from error
    except RecursionError as error:
        raise FileRefusedError(
            "too_deep", "The answer is nested too deeply.", SEND_AGAIN
        ) from error


def _no_number(text: str) -> str:
    raise FileRefusedError(
        "json_unreadable", f"The answer holds {text}, which is no number.", SEND_AGAIN
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FileRefusedError(
            "column_twice", f"An object names {twice[:40]!r} twice.", SEND_AGAIN
        )
    return found


# Answers are read by one decoder: numbers stay the text that was sent.
_DECODER = json.JSONDecoder(
    parse_float=str,
    parse_int=str,
    parse_constant=_no_number,
    object_pairs_hook=_object,
)


def _are_answers(document: Any) -> bool:
    """Whether this is a list of whole answers, such as the pages of one question.

    An answer says less around its rows than the rows say: a row with a list inside
    does not.
    """
    if not isinstance(document, list) or not document:
        return False
    kinds = [_answers(one) for one in document]
    return None not in kinds and any(kinds)


def _answers(item: Any) -> bool | None:
    """Whether this is an answer with rows; None when it is no answer at all."""
    if not isinstance(item, dict):
        return None
    tables = list(_tables(item, 0))
    filled = [table for table in tables if table]
    if not tables or len(filled) > 1:
        return None
    around = sum(not isinstance(one, dict | list) for one in item.values())
    if not filled:
        return False if around < ROW_KEYS or item.keys() & ENVELOPE else None
    return True if len(filled[0][0]) > around else None


def _rows(document: Any) -> list[dict[str, Any]]:
    """The one table of a document.

    Raises:
        FileRefusedError: there is none, or there are several.
    """
    tables = list(_tables(document, 0))
    filled = [table for table in tables if table]
    if len(filled) > 1:
        raise FileRefusedError(
            "several_tables",
            "The answer holds more than one list of rows.",
            "Save one list for each file.",
        )
    if not tables and _is_row(document):
        return [document]
    if not tables:
        raise _no_rows(document, "list of rows")
    return filled[0] if filled else []


def _no_rows(document: Any, what: str) -> FileRefusedError:
    """The refusal of an answer without rows, with what it says instead."""
    values = [document.get(name) for name in SAID] if isinstance(document, dict) else []
    said = next((one for one in map(_said, values) if one), "")
    told = f" It says: {storable(said[:200])}." if said else ""
    return FileRefusedError(
        "no_rows",
        f"The answer holds no {what}.{told}",
        "Ask the interface for another period." if not said else SEND_AGAIN,
    )


def _said(value: Any) -> str:
    """A message of an interface, or nothing when it only says that all is well."""
    text = value[0] if isinstance(value, list) and value else value
    if not isinstance(text, str) or text.casefold() in ("ok", "success", "error"):
        return ""
    return text.rstrip(".")


def _as_sent(row: dict[str, Any]) -> dict[str, Any]:
    """The row as the venue sent it, where a program has put it under `info`."""
    sent = row.get("info")
    return sent if isinstance(sent, dict) and len(sent) >= ROW_KEYS else row


def _is_row(document: Any) -> bool:
    """Whether this is one row by itself: several values and nothing inside them."""
    if not isinstance(document, dict) or len(document) < ROW_KEYS:
        return False
    return not any(isinstance(one, dict | list) for one in document.values())


def _rows_or_row(document: Any) -> list[dict[str, Any]]:
    """The table of one of several documents, or the document as a row."""
    if isinstance(document, dict) and _answers(document) is None:
        return [document]
    return _rows(document)


def _tables(value: Any, depth: int) -> Iterator[list[dict[str, Any]]]:
    """Lists of objects, outermost first; what is inside a row is no table."""
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        if all(isinstance(one, dict) for one in value):
            yield value
        elif all(map(_is_tuple, value)):
            yield [{str(at): cell for at, cell in enumerate(one)} for one in value]
    elif isinstance(value, dict):
        inner = list(value.values())
        if _are_alike(inner):
            yield [{KEY_COLUMN: key, **one} for key, one in value.items()]
            return
        for one in inner:
            yield from _tables(one, depth + 1)


def _is_tuple(value: Any) -> bool:
    """Whether this is a row whose keys are the places of its cells."""
    if not isinstance(value, list) or len(value) < ROW_KEYS:
        return False
    return not any(isinstance(one, dict | list) for one in value)


def _are_alike(values: list[Any]) -> bool:
    """Whether these are objects with the same keys: rows under their ids."""
    if not values or not all(isinstance(one, dict) and one for one in values):
        return False
    if len(values) == 1:
        return _is_lone_row(values[0])
    return all(one.keys() == values[0].keys() for one in values[1:])


def _is_lone_row(value: Mapping[str, Any]) -> bool:
    """Whether an object under a key is a row and not the answer around rows."""
    inside = value.values()
    lists = [one for one in inside if isinstance(one, list)]
    if any(isinstance(one, dict) for one in inside):
        return False
    # A trade names its ledger rows in a list of texts; an answer holds objects.
    is_named = all(one and not isinstance(one[0], dict | list) for one in lists)
    return len(inside) > (ROW_KEYS if lists else 1) and is_named


def _flat(row: Mapping[str, Any], before: str = "") -> Row:
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{before}{name}{INNER_MARK}"))
        else:
            flat[storable(f"{before}{name}")] = _cell(value)
    return flat


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _header(rows: list[Row], limits: Limits) -> Cells:
    """All keys of all rows, in the order of their first appearance."""
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
        if len(names) > limits.columns:
            raise FileRefusedError(
                "too_many_columns",
                f"The answer has more than {limits.columns} different keys.",
                "Choose another file.",
            )
    return tuple(names)


def _record(number: int, row: Row, header: Cells) -> Record:
    return storable_record(number, tuple(row.get(name, "") for name in header))


def _statements(document: Any) -> Iterator[Cells]:
    """What the answer says outside its rows, as `name:value`."""
    if isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, str) and value:
                yield (f"{name}:{value}",)


def _unreadable(error: json.JSONDecodeError) -> FileRefusedError:
    return FileRefusedError(
        "json_unreadable",
        f"Line {error.lineno}, character {error.colno}: {error.msg}.",
        SEND_AGAIN,
    )
