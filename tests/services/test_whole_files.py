"""Files are whole or not there; what killed writers left goes away by itself."""

import os
from pathlib import Path

from recovery.services.whole_files import part_of, part_put, parts_sweep


def test_nothing_stands_under_the_name_until_it_is_put_there(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.csv"
    part = part_of(target)
    part.write_text("whole")
    assert not target.exists()

    part_put(part, target)

    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_two_writers_of_one_file_have_a_part_each(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    one, two = part_of(target), part_of(target)
    one.write_text("one")
    two.write_text("two")

    part_put(one, target)
    part_put(two, target)

    assert target.read_text() == "two"


def test_only_parts_of_the_long_dead_are_swept(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("whole")
    old, new = part_of(target), part_of(target)
    old.write_text("half")
    new.write_text("half")
    os.utime(old, (0, 0))
    os.utime(target, (0, 0))

    assert parts_sweep(tmp_path) == 1
    assert sorted(tmp_path.iterdir()) == sorted([target, new])
