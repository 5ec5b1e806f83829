"""What the reading process says, as lines of JSON; rows follow as plain bytes.

JSON and not pickle: the other end read a stranger's file, and nothing it says may
make this end do more than read values.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import RowProblem
from recovery.reading.rows import Sums, Tally
from recovery.sheets.records import storable


class ReadingRefusedError(RecoveryError):
    """The file is refused; `code` is that of the refusal."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class ReaderDiedError(Exception):
    """The process that read the file ended without a word: memory, time or a crash."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The file could not be read to its end: {why}.")


class Task(StrEnum):
    """What the reader is asked for."""

    LOAD = "load"
    LOOK = "look"  # A trial: what the file is, and its first rows understood.
    RAW_ROWS = "raw_rows"  # Some rows as they stand.


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A file to read, and what is known about it.

    Attributes:
        file_id: Stands in every row.
        done: So many records are stored already: a chunk ends exactly there.
        is_house: The platform's own file may be larger than an upload.
        asset, day_order: What the file cannot say: `day` or `month` comes first.
        task: What is wanted of the file.
        numbers: Rows that are wanted as they stand, in rising order.
        profiles: Profiles made by staff, as tables; those shipped are known.
    """

    path: str
    file_id: int
    name: str = ""
    venue: str = ""
    account: str = ""
    zone: str = ""
    done: int = 0
    chunk: int = 20_000
    is_house: bool = False
    asset: str = ""
    day_order: str = ""
    task: str = Task.LOAD
    numbers: tuple[int, ...] = ()
    profiles: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The file was opened and recognised."""

    venue: str
    layout: str
    kind: str
    zone: str
    recognition: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """One chunk: its counters, and its rows behind their first column.

    Attributes:
        accounts: Account numbers that occur; empty where rows name none.
        lines: Each row's text, led by the place of its account in `accounts` and a
            tab where there are accounts.
    """

    tally: Tally
    accounts: list[str]
    lines: list[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Everything was read.

    Attributes:
        stated_rows, stated_sums: The manifest's; None and empty without one.
        has_manifest: Whether the file announces itself.
    """

    warnings: list[str]
    has_manifest: bool = False
    stated_rows: int | None = None
    stated_sums: dict[str, str] = field(default_factory=dict)
    complete_until: str | None = None
    kind: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a trial found (reading.look), or the rows asked for (reading.raw_rows)."""

    facts: dict[str, Any]


Message = Opened | Rows | Ended | Looked


def write_message(out: IO[bytes], message: Message) -> None:
    """Say one thing."""
    if isinstance(message, Rows):
        payload = b"\n".join(message.lines)
        _write(out, {"is": "rows", "bytes": len(payload), **_rows_head(message)})
        out.write(payload)
    else:
        _write(out, {"is": type(message).__name__.lower(), "says": asdict(message)})
    out.flush()


def write_refusal(out: IO[bytes], code: str, text: str) -> None:
    """Say that the file is refused."""
    _write(out, {"is": "refused", "code": code, "text": storable(text)})
    out.flush()


def _write(out: IO[bytes], value: dict[str, Any]) -> None:
    out.write(json.dumps(value).encode() + b"\n")


def _rows_head(rows: Rows) -> dict[str, Any]:
    tally = rows.tally
    return {
        "accounts": rows.accounts,
        "lines": len(rows.lines),
        "records": tally.records,
        "ignored": tally.ignored,
        "left_out": tally.left_out,
        "problems": [
            (one.row_number, one.column, one.value, one.reason)
            for one in tally.problems
        ],
        "sums": {
            asset: {role: str(amount) for role, amount in roles.items()}
            for asset, roles in tally.sums.items()
        },
        "first_at": tally.first_at and tally.first_at.isoformat(),
        "last_at": tally.last_at and tally.last_at.isoformat(),
    }


def read_messages(source: IO[bytes]) -> Iterator[Message]:
    """Everything that is said, up to and with the end.

    Raises:
        ReadingRefusedError: The file is refused.
        ReaderDiedError: It fell silent before the end.
    """
    while line := source.readline():
        if not line.endswith(b"\n"):
            break
        value = json.loads(line)
        match value["is"]:
            case "refused":
                raise ReadingRefusedError(value["code"], value["text"])
            case "rows":
                yield _rows(value, source)
            case "opened":
                yield Opened(**value["says"])
            case "looked":
                yield Looked(**value["says"])
            case _:
                yield Ended(**value["says"])
                return
    raise ReaderDiedError("it needs more memory or time than one file may take")


def _rows(head: dict[str, Any], source: IO[bytes]) -> Rows:
    payload = source.read(head["bytes"])
    if len(payload) != head["bytes"]:
        raise ReaderDiedError("its reader was stopped")
    lines = payload.split(b"\n") if head["lines"] else []
    return Rows(_tally(head), head["accounts"], lines)


def _tally(head: dict[str, Any]) -> Tally:
    sums: Sums = {
        asset: {role: Decimal(amount) for role, amount in roles.items()}
        for asset, roles in head["sums"].items()
    }
    return Tally(
        records=head["records"],
        problems=[RowProblem(*problem) for problem in head["problems"]],
        ignored=head["ignored"],
        left_out=Counter(head["left_out"]),
        sums=sums,
        first_at=_instant(head["first_at"]),
        last_at=_instant(head["last_at"]),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
