"""Memory while a very large file is imported: of the worker and of its reader.

Both must stay flat: what they hold must not grow with the rows of the file. The text
has ROWS rows, the workbook as many as its format allows.

    python -m benchmarks.import_memory        ROWS=5000000 WORKBOOK_ROWS=1048573
"""

import json
import os
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import chain
from pathlib import Path
from threading import Event, Thread

from benchmarks.desk import desk_running
from benchmarks.import_bench import (
    RESULTS,
    ROWS_OF_ACCOUNT,
    empty_desk,
    house_rows,
    import_once,
)
from recovery.demo.house_files import LEDGER_HEADER
from recovery.sheets.sheet_scan import column_letters

ROWS = int(os.environ.get("ROWS", "5000000"))
WORKBOOK_ROWS = int(os.environ.get("WORKBOOK_ROWS", "1048573"))
MOST = 300  # Megabytes of worker and reader together.
SECONDS_BETWEEN = 0.05
READER = b"recovery.reading.server"
OPENING = ("#recovery-desk", "house-ledger", "1", "complete_until=2027-11-16T00:00:00Z")
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/'
    '2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application'
    '/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/'
    '2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/'
    'spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships"><sheets><sheet name="ledger" sheetId="1" '
    'r:id="r"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats'
    '.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.'
    'openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
}


def ledger_rows(count: int) -> Iterator[tuple[str, ...]]:
    """A whole house ledger, from its opening line to its manifest."""
    yield OPENING
    yield LEDGER_HEADER
    total = 0
    for row in house_rows(count, accounts=max(count // ROWS_OF_ACCOUNT, 1)):
        total += int(row[4].replace(".", ""))
        yield row
    whole, rest = divmod(abs(total), 10_000)
    sign = "-" if total < 0 else ""
    yield ("#manifest", f"rows={count}", f"sum:USDT={sign}{whole}.{rest:04}")


def write_text(path: Path, count: int) -> None:
    """The ledger as text."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(f"{','.join(row)}\n" for row in ledger_rows(count))


def write_sheet(path: Path, count: int) -> None:
    """The ledger as a workbook of texts, without a library that holds it."""
    letters = [column_letters(number) for number in range(1, len(LEDGER_HEADER) + 1)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, text in PARTS.items():
            book.writestr(name, text)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as out:
            out.write(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
                b'2006/main"><sheetData>'
            )
            for number, row in enumerate(ledger_rows(count), 1):
                cells = zip(letters, row, strict=False)
                out.write(_row_xml(number, cells).encode())
            out.write(b"</sheetData></worksheet>")


def _row_xml(number: int, cells: "zip[tuple[str, str]]") -> str:
    texts = (
        f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in cells
    )
    return f'<row r="{number}">{"".join(texts)}</row>'


class MemoryWatch:
    """Megabytes of this process and of the reader it started, while a block runs."""

    def __init__(self) -> None:
        self.seen: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look several times a second."""
        ended = Event()
        watcher = Thread(target=self._watch, args=(ended,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()

    def _watch(self, ended: Event) -> None:
        while not ended.wait(SECONDS_BETWEEN):
            self.seen["worker"].append(resident(os.getpid()))
            readers = [resident(pid) for pid in readers_of(os.getpid())]
            self.seen["reader"].append(max(readers, default=0))

    def told(self) -> dict[str, dict[str, float]]:
        """The peaks of both halves of the time, by process."""
        return {
            who: {
                "first_half": max(seen[: len(seen) // 2], default=0),
                "second_half": max(seen[len(seen) // 2 :], default=0),
            }
            for who, seen in self.seen.items()
        }

    def peak(self) -> float:
        """The most that worker and reader had together, at their own peaks."""
        return sum(max(seen, default=0) for seen in self.seen.values())


def resident(pid: int) -> float:
    """Megabytes of a process that are in memory; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1024**2, 1)


def readers_of(pid: int) -> list[int]:
    """The processes that read files for a process: children of its reading server."""
    servers = [child for child in children_of(pid) if READER in _command(child)]
    return list(chain.from_iterable(map(children_of, servers)))


def children_of(pid: int) -> list[int]:
    """The processes any thread of a process started."""
    try:
        listed = [
            path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")
        ]
    except OSError:
        return []
    return [int(one) for one in " ".join(listed).split()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def watched_import(path: Path, count: int) -> dict[str, object]:
    """Import a file and tell what it took."""
    empty_desk()
    watch = MemoryWatch()
    start = time.perf_counter()
    with watch.watching():
        import_once(path, count)
    seconds = time.perf_counter() - start
    size = path.stat().st_size
    path.unlink()
    told = {
        "rows": count,
        "file_bytes": size,
        "seconds": round(seconds, 1),
        "megabytes": watch.told(),
        "peak_of_both": round(watch.peak(), 1),
        "wanted_at_most": MOST,
    }
    print(path.suffix.removeprefix("."), json.dumps(told))
    return told


def main() -> None:
    """Import both, print, keep."""
    kept = {}
    with desk_running() as run_dir:
        for name, count, write in (
            ("csv", ROWS, write_text),
            ("xlsx", WORKBOOK_ROWS, write_sheet),
        ):
            path = run_dir / f"house-ledger.{name}"
            write(path, count)
            kept[name] = watched_import(path, count)
    RESULTS.mkdir(exist_ok=True)
    today = date.today().isoformat()  # noqa: DTZ011 - the day of this machine
    text = json.dumps(kept, indent=1) + "\n"
    (RESULTS / f"import-memory-{today}.json").write_text(text)


if __name__ == "__main__":
    main()
