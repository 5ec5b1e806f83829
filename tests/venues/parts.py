"""A golden file in parts: halves, overlaps and shuffles, in the form it came in."""

import random
from collections.abc import Sequence
from pathlib import Path

from recovery.sheets.open_source import open_source
from recovery.sheets.records import Source, SourceKind
from tests.venues.rendering import Answer
from tests.venues.variations import Table, table_of, workbook

Numbers = list[int]


class Parts:
    """Writes some of a file's rows, by their place, as a file of the same layout."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._source = open_source(path)
        self.records = list(self._source.records())

    @property
    def has_table(self) -> bool:
        """Whether it may be a workbook as well."""
        return self._source.kind is not SourceKind.JSON and bool(self._source.header)

    def some(self, places: Sequence[int]) -> bytes:
        if self._source.kind is SourceKind.JSON:
            return _answer(self._path, self._source, [at + 1 for at in places])
        lines = self._path.read_bytes().decode("utf-8").splitlines(keepends=True)
        head = lines[: self._source.header_number] if self._source.header else []
        rows = [lines[self.records[at].number - 1] for at in places]
        ended = [row if row.endswith("\n") else f"{row}\n" for row in rows]
        return "".join([*head, *ended]).encode()

    def as_workbook(self, places: Sequence[int]) -> bytes:
        table = table_of(self._path, self._source)
        rows = tuple(table.rows[at] for at in places)
        return workbook(Table(table.above, table.header, rows))

    def places(self) -> dict[str, Numbers]:
        """The parts. Equal rows stay together: they are counted within one file."""
        cells = [record.cells for record in self.records]
        ordered = sorted(range(len(cells)), key=cells.__getitem__)
        middle = len(ordered) // 2
        while 0 < middle < len(ordered) and (
            cells[ordered[middle]] == cells[ordered[middle - 1]]
        ):
            middle += 1
        late = {cells[at] for at in ordered[max(middle - 2, 0) :]}
        shuffled = random.Random(6).sample(ordered, len(ordered))
        return {
            "whole": [*range(len(cells))],
            "shuffled": shuffled,
            "first": ordered[:middle],
            "second": ordered[middle:],
            "overlap": [at for at in shuffled if cells[at] in late],
        }


def _answer(path: Path, source: Source, numbers: Sequence[int]) -> bytes:
    """Rows of an answer. Each names all keys: those of others tell what it is."""
    records = {one.number: one.cells for one in source.records()}
    empty = {
        number: {
            name: ""
            for name, cell in zip(source.header, cells, strict=True)
            if not cell
        }
        for number, cells in records.items()
    }
    return Answer(path).written([(number, empty[number]) for number in numbers])
