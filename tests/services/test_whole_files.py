"""Files are whole or not there; what killed writers left goes away by itself."""

import errno
import os
from pathlib import Path

import pytest

from recovery.services.whole_files import StoreFullError, parts_sweep, whole_file


def test_nothing_stands_under_the_name_until_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.csv"
    with whole_file(target) as part:
        part.write_text("whole")
        assert not target.exists()

    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_nothing_is_left_of_what_failed(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"

    def fail() -> None:
        with whole_file(target) as part:
            part.write_text("half")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_store_is_told_as_such(number: int, tmp_path: Path) -> None:
    def fail() -> None:
        with whole_file(tmp_path / "a.csv"):
            raise OSError(number, "no room")

    with pytest.raises(StoreFullError, match="nothing was changed"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_two_writers_of_one_file_have_a_part_each(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    with whole_file(target) as one, whole_file(target) as two:
        one.write_text("one")
        two.write_text("two")

    assert target.read_text() == "one"
    assert list(tmp_path.iterdir()) == [target]


def test_only_parts_of_the_long_dead_are_swept(tmp_path: Path) -> None:
    target, old, new = (tmp_path / name for name in ("a", ".a.0.part", ".a.1.part"))
    for path in (target, old, new):
        path.write_text("x")
    os.utime(old, (0, 0))
    os.utime(target, (0, 0))

    assert parts_sweep(tmp_path) == 1
    assert sorted(tmp_path.iterdir()) == sorted([target, new])
