"""A file is read by a process that may die of it; nothing else does."""

import io
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recovery.reading.client import COMMAND, ReadingServer, read_apart
from recovery.reading.messages import (
    Ended,
    Opened,
    ReaderDiedError,
    ReadingRefusedError,
    Request,
    Rows,
    read_messages,
)
from tests.venues.samples import HOUSE_ROW, house

STARVED = (
    "import sys, socket; from recovery.reading import server;"
    "server.{limit} = {value};"
    "server.serve(socket.socket(fileno=sys.stdin.fileno()))"
)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[ReadingServer]:
    """A server of this test; its limits as the test wants them."""
    started = ReadingServer(getattr(request, "param", COMMAND))
    yield started
    started.stop(os.getpid())


def starved(limit: str, value: int) -> tuple[str, ...]:
    return (sys.executable, "-c", STARVED.format(limit=limit, value=value))


def ledger(folder: Path, rows: int = 1) -> Request:
    path = folder / "ledger.csv"
    path.write_text(house(*(HOUSE_ROW.replace("R1", f"R{n}") for n in range(rows))))
    return Request(path=str(path), file_id=7, is_house=True)


def test_silence_before_the_end_is_no_end() -> None:
    with pytest.raises(ReaderDiedError):
        list(read_messages(io.BytesIO(b"")))
    with pytest.raises(ReaderDiedError):
        list(read_messages(io.BytesIO(b'{"is": "ended"')))


def test_a_chunk_cut_short_is_no_chunk() -> None:
    head = (
        b'{"is": "rows", "bytes": 9, "accounts": [], "lines": 1, "records": 1,'
        b' "ignored": 0, "problems": [], "sums": {}, "first_at": null,'
        b' "last_at": null}\n'
    )
    with pytest.raises(ReaderDiedError, match="stopped"):
        list(read_messages(io.BytesIO(head + b"half")))


def test_a_refusal_comes_through_with_its_code(
    server: ReadingServer, tmp_path: Path
) -> None:
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    with pytest.raises(ReadingRefusedError) as refused:
        list(read_apart(Request(path=str(path), file_id=1), server))
    assert refused.value.code == "empty"


def test_a_file_is_opened_read_in_chunks_and_ended(
    server: ReadingServer, tmp_path: Path
) -> None:
    request = ledger(tmp_path, rows=5)
    request = Request(path=request.path, file_id=7, chunk=2, done=3, is_house=True)

    opened, *chunks, ended = read_apart(request, server)

    assert isinstance(opened, Opened)
    assert opened.venue == "house"
    assert [chunk.tally.records for chunk in chunks if isinstance(chunk, Rows)] == [
        2,
        1,
        2,
    ]
    assert isinstance(ended, Ended)


@pytest.mark.parametrize(
    "server", [starved("MEMORY_BYTES", 40 * 1024**2)], indirect=True
)
def test_a_reader_without_memory_dies_and_says_so(
    server: ReadingServer, tmp_path: Path
) -> None:
    with pytest.raises(ReaderDiedError, match="memory"):
        list(read_apart(ledger(tmp_path, rows=20_000), server))


@pytest.mark.parametrize("server", [starved("HOUSE_CPU_SECONDS", 1)], indirect=True)
def test_a_reader_out_of_time_is_stopped_and_the_next_file_is_read(
    server: ReadingServer, tmp_path: Path
) -> None:
    with pytest.raises(ReaderDiedError):
        list(read_apart(ledger(tmp_path, rows=500_000), server))
    assert list(read_apart(ledger(tmp_path, rows=1), server))


def test_a_server_that_was_killed_is_started_again(
    server: ReadingServer, tmp_path: Path
) -> None:
    list(read_apart(ledger(tmp_path), server))
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()

    assert list(read_apart(ledger(tmp_path), server))


def test_whoever_stops_listening_leaves_no_reader_behind(
    server: ReadingServer, tmp_path: Path
) -> None:
    reading = read_apart(ledger(tmp_path, rows=50_000), server)
    next(reading)
    reading.close()

    assert list(read_apart(ledger(tmp_path), server))
