"""What the sections of TieOut are made of: rows, words, formulas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from recovery.services.workbook_columns import letters_of
from recovery.services.workbook_file_ties import FileTie
from recovery.services.workbook_tally import Block
from recovery.sheets.workbook_writer import Column
from recovery.sheets.xlsx_cells import Cell, Formula, Styled
from recovery.sheets.xlsx_styles import Style

TIED, NOT_TIED, NO_MANIFEST = "tied", "NOT TIED", "not tied: no manifest"
OVERALL_CELL = "B4"
TIE_COLUMNS = (
    Column("", 52),
    Column("", 22, Style.STATUS),
    Column("", 9, Style.COUNT),
    Column("", 9, Style.COUNT),
    *(Column("", 19, Style.AMOUNT) for _ in range(11)),
)
HEADER_HEIGHT = 42  # Three lines.
FIRST_ROW = 11  # Of the first section, below the summary.

_TEXT_HEADERS = ("Asset", "Source file", "Status", "Lost by rounding to 8 places")
_NO_CONDITIONS: Mapping[str, str] = MappingProxyType({})

Blocks = Sequence[Block]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the rows of each data sheet stand, and the lines of the files."""

    liquidations: Blocks
    breaks: Blocks
    imports: Blocks
    payouts: Blocks
    unclaimed: Blocks
    files: Sequence[FileTie]


@dataclass(slots=True)
class TiePage:
    """Rows of the sheet, before they are written."""

    rows: list[list[Cell]] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)  # Rows that need more height.
    statuses: list[str] = field(default_factory=list)
    wrong_if_not_zero: list[str] = field(default_factory=list)

    @property
    def next_row(self) -> int:
        """Where the next row will stand."""
        return FIRST_ROW + len(self.rows)

    def section(self, title: str, note: str, headers: Sequence[str]) -> None:
        """Begin a section with a line of headers."""
        self.rows.append(
            [Styled(title, Style.SECTION), None, None, None, Styled(note, Style.TEXT)]
        )
        self.headers.append(self.next_row)
        self.rows.append([Styled(header, _header_style(header)) for header in headers])

    def end(self, checks: str, count: int) -> None:
        """End a section of so many lines; mark its columns of differences."""
        first, last = self.next_row - count, self.next_row - 1
        if count:
            ranges = [f"{letter}{first}:{letter}{last}" for letter in checks]
            self.wrong_if_not_zero.append(" ".join(ranges))
        self.rows.append([])


@dataclass(frozen=True, slots=True)
class OfAsset:
    """Formulas over the rows of one asset.

    Rows are found by the asset's number: a name may hold `*` or begin with `>`, which
    a condition would not take by the letter.
    """

    columns: tuple[Column, ...]
    blocks: Blocks
    number_cell: str

    def sum(self, header: str, conditions: Mapping[str, str] = _NO_CONDITIONS) -> str:
        """Add up a column; conditions are words of other columns."""
        letters = letters_of(self.columns, header)
        sums = (
            f"SUMIFS({block.cells(letters)},{self._tests(block, conditions)})"
            for block in self.blocks
        )
        return f"ROUND({'+'.join(sums)},8)"

    def count(self, conditions: Mapping[str, str] = _NO_CONDITIONS) -> str:
        """Count rows."""
        counts = (
            f"COUNTIFS({self._tests(block, conditions)})" for block in self.blocks
        )
        return "+".join(counts)

    def _tests(self, block: Block, conditions: Mapping[str, str]) -> str:
        wanted = {"Asset no.": self.number_cell}
        wanted |= {name: f'"{word}"' for name, word in conditions.items()}
        return ",".join(
            f"{block.cells(letters_of(self.columns, name))},{value}"
            for name, value in wanted.items()
        )


def gap_formula(expression: str, at: int, value: Decimal, places: int) -> Formula:
    """A difference, as far as the line of this row is checked."""
    return Formula(f"ROUND({expression},D{at})", round(value, places))


def _header_style(header: str) -> Style:
    """Headers stand where the cells below them do: text left, numbers right."""
    is_text = header in _TEXT_HEADERS or header.endswith("exact")
    return Style.HEADER if is_text else Style.HEADER_NUMBER
