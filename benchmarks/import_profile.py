"""Where the time of an import goes: processor seconds of each step, beside each other.

The steps of the reading process are done here one after the other, each on the whole
of what the one before gave; the worker and the database are measured during a real
import. Processor time and no clock on the wall: a busy machine changes little.
"""

import io
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

from recovery.reading.messages import Ended, Request, read_messages, write_message
from recovery.reading.read_file import (
    interpreter_for,
    numbered_accounts,
    opened_source,
    recognised,
)
from recovery.reading.rows import RowMaker, Tally
from recovery.venues.fingerprints import fingerprint_by

Given = TypeVar("Given")
TICKS = os.sysconf("SC_CLK_TCK")
CHUNK = 20_000


class Steps:
    """Seconds by the names of steps, in their order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def do(self, name: str, act: Callable[[], Given]) -> Given:
        """Take the processor time of an act."""
        start = time.process_time()
        given = act()
        self.seconds[name] = time.process_time() - start
        return given

    def cut(self, whole: str, part: str) -> None:
        """Take a step out of another that holds it too."""
        self.seconds[whole] = max(self.seconds[whole] - self.seconds[part], 0)


def import_profile(path: Path, load: Callable[[], object]) -> dict[str, float]:
    """Seconds of each step of importing one file.

    Args:
        path: A house ledger.
        load: Imports the file, for real.
    """
    steps = Steps()
    _read(steps, path)
    _store(steps, load)
    return steps.seconds


def _read(steps: Steps, path: Path) -> None:
    request = Request(path=str(path), file_id=1, name=path.name, is_house=True)
    if path.suffix == ".xlsx":
        steps.do("unpack", lambda: _unpack(path))
    source = steps.do("open and check", lambda: opened_source(request))
    found = steps.do("recognise", lambda: recognised(request, source))
    records = steps.do("records", lambda: list(source.records()))
    if path.suffix == ".xlsx":
        steps.cut("records", "unpack")
    interpreter = interpreter_for(request, found)
    lines = steps.do("interpret", lambda: list(interpreter.interpret_all(records)))
    maker = RowMaker(1, found.layout)
    identify = cast("Callable[[Any], bytes]", fingerprint_by(found.layout.identity))
    steps.do("identity", lambda: sum(1 for _ in map(identify, lines)))
    tallies = steps.do("rows and sums", lambda: list(_tallies(maker, lines)))
    steps.cut("rows and sums", "identity")
    steps.do("hand over", lambda: _hand_over(tallies))


def _unpack(path: Path) -> None:
    with zipfile.ZipFile(path) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
        while sheet.read(1 << 20):
            pass


def _tallies(maker: RowMaker, lines: list[Any]) -> Iterator[Tally]:
    for start in range(0, len(lines), CHUNK):
        yield maker.tally(islice(lines, start, start + CHUNK))


def _hand_over(tallies: list[Tally]) -> None:
    """Say the rows and hear them."""
    for tally in tallies:
        said = io.BytesIO()
        write_message(said, numbered_accounts(tally))
        write_message(said, Ended(warnings=[]))
        said.seek(0)
        for _ in read_messages(said):
            pass


def _store(steps: Steps, load: Callable[[], object]) -> None:
    from django.db import connection

    connection.ensure_connection()
    server = connection.connection.info.backend_pid
    before = process_seconds(server)
    steps.do("store: worker", load)
    steps.seconds["store: database"] = process_seconds(server) - before


def process_seconds(pid: int) -> float:
    """Processor seconds a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def print_profile(title: str, rows: int, seconds: dict[str, float]) -> None:
    """A line for each step, with its share."""
    whole = sum(seconds.values()) or 1
    print(f"{title}: where the processor time of {rows} rows goes")
    for name, taken in seconds.items():
        print(
            f"  {name:18} {taken:7.2f} s {taken / rows * 1e6:7.2f} us/row"
            f" {taken / whole:6.1%}"
        )
    print(f"  {'sum':18} {whole:7.2f} s {whole / rows * 1e6:7.2f} us/row")
