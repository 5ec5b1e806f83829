"""About how many rows a file has: by its lines, where lines are rows."""

from pathlib import Path

import pytest

from recovery.services.file_lengths import rows_about


def test_a_file_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    assert rows_about(tmp_path / "none.csv") == 0


@pytest.mark.parametrize(
    "text", [b"PK\x03\x04\n\n", b'[\n{"a": 1}\n]', b' {"a": [\n1]}', b""]
)
def test_lines_that_are_no_rows_are_not_counted(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(text)
    assert rows_about(path) == 0


def test_a_long_file_is_estimated_by_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(b"account,amount\n" + b"A-1,0.0000001\n" * 100_000)
    assert abs(rows_about(path) - 100_000) < 100
