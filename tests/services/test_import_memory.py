"""An import takes no more memory for a longer file (design §9)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.import_bench import import_once
from benchmarks.import_memory import MemoryWatch, write_sheet, write_text

ROWS = 80_000  # The reader's chunks have grown to their full size by the half.
GROWTH = 40  # Megabytes; the rows themselves would be more.
READER_MOST = 120


@pytest.mark.django_db
@pytest.mark.parametrize("write", [write_text, write_sheet])
def test_memory_stays_flat_while_a_long_file_is_imported(
    write: Callable[[Path, int], None], tmp_path: Path
) -> None:
    path = tmp_path / ("ledger.csv" if write is write_text else "ledger.xlsx")
    write(path, ROWS)
    watch = MemoryWatch()
    with watch.watching():
        import_once(path, ROWS)
    told = watch.told()
    assert told["reader"]["first_half"] > 0
    for halves in told.values():
        assert halves["second_half"] < halves["first_half"] + GROWTH
    assert told["reader"]["second_half"] < READER_MOST
