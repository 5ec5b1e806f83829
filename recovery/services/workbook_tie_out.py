"""The TieOut sheet: what the rows add up to, held against independent totals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount
from recovery.services.workbook_file_ties import FileTie
from recovery.services.workbook_rows import (
    BREAKS,
    BUCKETS,
    IMPORTS,
    LIQUIDATIONS,
    PAYOUTS,
    iso,
    letters_of,
)
from recovery.services.workbook_tally import AssetTally, Block, Tally, rounded
from recovery.sheets.workbook_writer import (
    Cell,
    Column,
    Formula,
    SheetWriter,
    Styled,
)
from recovery.sheets.xlsx_styles import Highlight, Style

TIED, NOT_TIED, NO_MANIFEST = "tied", "NOT TIED", "not tied: no manifest"
OVERALL_CELL = "B4"
COLUMNS = (
    Column("", 34),
    Column("", 22, Style.STATUS),
    Column("", 9, Style.COUNT),
    Column("", 9, Style.COUNT),
    *(Column("", 17, Style.AMOUNT) for _ in range(17)),
)
_FIRST_ROW = 11  # Of the first section, below the summary.

_ASSESSED = {"Break state": "<>not assessed"}
_NO_CONDITIONS: Mapping[str, str] = MappingProxyType({})
_STATES = ("open", "explained", "resolved")

Blocks = Sequence[Block]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the rows of each data sheet stand, and the lines of the files."""

    liquidations: Blocks
    breaks: Blocks
    imports: Blocks
    payouts: Blocks
    files: Sequence[FileTie]


@dataclass(slots=True)
class _Page:
    """Rows of the sheet, before they are written."""

    rows: list[list[Cell]] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    wrong_if_not_zero: list[str] = field(default_factory=list)

    @property
    def next_row(self) -> int:
        return _FIRST_ROW + len(self.rows)

    def section(self, title: str, note: str, headers: Sequence[str]) -> None:
        """Begin a section with a line of headers."""
        self.rows.append([Styled(title, Style.SECTION), None, None, None, note])
        self.rows.append(
            [
                Styled(header, Style.HEADER if at < 2 else Style.HEADER_NUMBER)
                for at, header in enumerate(headers)
            ]
        )

    def end(self, checks: str, count: int) -> None:
        """End a section of so many lines; mark its columns of differences."""
        first, last = self.next_row - count, self.next_row - 1
        if count:
            ranges = [f"{letter}{first}:{letter}{last}" for letter in checks]
            self.wrong_if_not_zero.append(" ".join(ranges))
        self.rows.append([])


def tie_out_write(sheet: SheetWriter, tally: Tally, sources: Sources) -> bool:
    """Write the sheet.

    Returns:
        Whether every check ties. A file without a manifest is told apart.
    """
    page = _Page()
    open_cells = _results_section(page, tally, sources)
    _ageing_section(page, tally, sources, open_cells)
    _payments_section(page, tally, sources)
    _files_section(page, sources)
    is_tied = _summary(sheet, page, tally, sources)
    for row in page.rows:
        sheet.row(row)
    statuses = f"B{_FIRST_ROW}:B{sheet.rows}"
    sheet.words_are(f"{OVERALL_CELL} {statuses}", TIED.upper(), Highlight.RIGHT)
    sheet.words_are(f"{OVERALL_CELL} {statuses}", NOT_TIED, Highlight.WRONG)
    sheet.words_are(statuses, NO_MANIFEST, Highlight.CAUTION)
    for cells in page.wrong_if_not_zero:
        sheet.not_zero_is_wrong(cells)
    return is_tied


def _summary(sheet: SheetWriter, page: _Page, tally: Tally, sources: Sources) -> bool:
    statuses = f"B{_FIRST_ROW}:B{page.next_row - 1}"
    wrong = page.statuses.count(NOT_TIED)
    is_tied = not (wrong or tally.lost_records or tally.parts_left)
    lost = letters_of(IMPORTS, "Check (must be 0)")
    left = letters_of(BREAKS, "Parts less variance (must be 0)")
    facts: list[tuple[str, Formula, Style]] = [
        (
            "Overall",
            Formula('IF(AND(B5=0,B7=0,B8=0),"TIED","NOT TIED")', _overall(is_tied)),
            Style.STATUS,
        ),
        (
            "Checks that do not tie",
            Formula(f'COUNTIF({statuses},"{NOT_TIED}")', wrong),
            Style.COUNT,
        ),
        (
            "Lines without a manifest",
            Formula(
                f'COUNTIF({statuses},"{NO_MANIFEST}")', page.statuses.count(NO_MANIFEST)
            ),
            Style.COUNT,
        ),
        (
            "Records lost or invented (Imports)",
            Formula(_absolute_sum(sources.imports, lost), tally.lost_records),
            Style.COUNT,
        ),
        (
            "Parts less variance (Breaks)",
            Formula(_absolute_sum(sources.breaks, left), tally.parts_left),
            Style.AMOUNT,
        ),
    ]
    sheet.row([Styled("Tie-out", Style.TITLE)], height=26)
    sheet.row([f"As of {iso(tally.as_of)} (UTC)"])
    sheet.row([])
    for label, formula, style in facts:
        sheet.row([Styled(label, Style.LABEL), Styled(formula, style)])
    while sheet.rows < _FIRST_ROW - 1:
        sheet.row([])
    sheet.not_zero_is_wrong("B5 B7:B8")
    return is_tied


def _overall(is_tied: bool) -> str:
    return TIED.upper() if is_tied else NOT_TIED


# Sections of assets ------------------------------------------------------------------


def _results_section(page: _Page, tally: Tally, sources: Sources) -> dict[str, str]:
    """Results against breaks and against the database.

    Returns:
        Per asset, the cell with the variance of its open breaks.
    """
    page.section(
        "Assessed events, per asset",
        "Variance of all results = open + explained + resolved breaks + what ties.",
        [
            "Asset",
            "Status",
            "Asset no.",
            "Places checked",
            "Results",
            "Expected residual",
            "Received",
            "Variance",
            "Received less expected less variance (must be 0)",
            "Breaks, open",
            "Breaks, explained",
            "Breaks, resolved",
            "Ties, no break",
            "Difference (must be 0)",
            "Variance by the database",
            "Sheet less database (must be 0)",
            "Breaks on the desk",
            "Sheet less desk (must be 0)",
            "Results less database (must be 0)",
            "Events not assessed",
            "Lost by rounding to 8 places",
        ],
    )
    open_cells = {}
    for name, asset in tally.assets.items():
        open_cells[name] = f"J{page.next_row}"
        page.rows.append(_result_cells(page, name, asset, sources))
    page.end("INPRS", len(tally.assets))
    return open_cells


def _result_cells(
    page: _Page, name: str, asset: AssetTally, sources: Sources
) -> list[Cell]:
    at, control, breaks = page.next_row, asset.control, asset.break_variance
    liquidations = _OfAsset(LIQUIDATIONS, sources.liquidations, f"C{at}")
    of_breaks = _OfAsset(BREAKS, sources.breaks, f"C{at}")
    by_state = [breaks.get(state, ZERO) for state in _STATES]
    inner = asset.received - asset.residual - asset.variance
    gap = asset.variance - sum(by_state, ZERO) - asset.ties
    on_desk = control.breaks_variance if control.are_breaks_comparable else None
    desk_gap = ZERO if on_desk is None else sum(by_state, ZERO) - on_desk
    database_gap = asset.variance - control.variance
    count_gap = asset.results - control.results
    gaps = [inner, gap, database_gap, desk_gap, Decimal(count_gap)]
    status = _status(page, all(round(each, asset.places) == 0 for each in gaps))
    return [
        name,
        Formula(
            f'IF(AND(I{at}=0,N{at}=0,P{at}=0,R{at}=0,S{at}=0),"{TIED}","{NOT_TIED}")',
            status,
        ),
        asset.number,
        asset.places,
        Styled(Formula(liquidations.count(_ASSESSED), asset.results), Style.COUNT),
        Formula(liquidations.sum("Expected residual"), asset.residual),
        Formula(liquidations.sum("Received"), asset.received),
        Formula(liquidations.sum("Variance"), asset.variance),
        _gap(f"G{at}-F{at}-H{at}", at, inner, asset.places),
        *(
            Formula(of_breaks.sum("Variance", {"State": state}), amount)
            for state, amount in zip(_STATES, by_state, strict=True)
        ),
        Formula(liquidations.sum("Variance", {"Break state": "none"}), asset.ties),
        _gap(f"H{at}-J{at}-K{at}-L{at}-M{at}", at, gap, asset.places),
        control.variance,
        _gap(f"H{at}-O{at}", at, database_gap, asset.places),
        Styled("changed later", Style.TEXT) if on_desk is None else on_desk,
        Formula(
            f"IF(ISNUMBER(Q{at}),ROUND(J{at}+K{at}+L{at}-Q{at},D{at}),0)",
            round(desk_gap, asset.places),
        ),
        Styled(Formula(f"E{at}-{control.results}", count_gap), Style.COUNT),
        Styled(control.waiting, Style.COUNT),
        format_amount(control.exact_variance - control.variance),
    ]


def _ageing_section(
    page: _Page, tally: Tally, sources: Sources, open_cells: dict[str, str]
) -> None:
    page.section(
        "Open breaks by age in days, per asset",
        "Variance; negative: customers are short.",
        [
            *("Asset", "Status", "Asset no.", "Places checked"),
            *(f"{bucket} days" for bucket in BUCKETS),
            "All ages",
            "Less open breaks (must be 0)",
        ],
    )
    for name, asset in tally.assets.items():
        at = page.next_row
        of_asset = _OfAsset(BREAKS, sources.breaks, f"C{at}")
        ages = [asset.open_by_age.get(bucket, ZERO) for bucket in BUCKETS]
        whole = sum(ages, ZERO)
        gap = whole - asset.break_variance.get("open", ZERO)
        page.rows.append(
            [
                name,
                _line_status(page, at, "L", round(gap, asset.places) == 0),
                asset.number,
                asset.places,
                *(
                    Formula(
                        of_asset.sum(
                            "Variance", {"State": "open", "Age bucket, days": bucket}
                        ),
                        amount,
                    )
                    for bucket, amount in zip(BUCKETS, ages, strict=True)
                ),
                Formula(f"ROUND(SUM(E{at}:J{at}),8)", whole),
                _gap(f"K{at}-{open_cells[name]}", at, gap, asset.places),
            ]
        )
    page.end("L", len(tally.assets))


def _payments_section(page: _Page, tally: Tally, sources: Sources) -> None:
    page.section(
        "Payments, per asset",
        "Every payment proposed so far, cancelled ones too.",
        [
            *("Asset", "Status", "Asset no.", "Places checked"),
            "Payments",
            "Amount",
            "Amount by the database",
            "Sheet less database (must be 0)",
        ],
    )
    for name, asset in tally.assets.items():
        at = page.next_row
        of_asset = _OfAsset(PAYOUTS, sources.payouts, f"C{at}")
        gap = asset.paid - asset.control.paid
        page.rows.append(
            [
                name,
                _line_status(page, at, "H", round(gap, asset.places) == 0),
                asset.number,
                asset.places,
                Styled(Formula(of_asset.count(), asset.payments), Style.COUNT),
                Formula(of_asset.sum("Amount"), asset.paid),
                asset.control.paid,
                _gap(f"F{at}-G{at}", at, gap, asset.places),
            ]
        )
    page.end("H", len(tally.assets))


# Files -------------------------------------------------------------------------------


def _files_section(page: _Page, sources: Sources) -> None:
    page.section(
        "Source files against their manifests",
        "Without a manifest nothing outside this desk confirms the amount.",
        [
            *("Source file", "Status", "Import no.", "Places checked", "Asset"),
            "Rows by the manifest",
            "Records read",
            "Records less manifest (must be 0)",
            "Sum by the manifest",
            "Accepted into the ledger",
            "Held from an earlier file",
            "Taken less manifest (must be 0)",
            "Manifest, exact",
            "Accepted, exact",
            "Held from an earlier file, exact",
        ],
    )
    for tie in sources.files:
        page.rows.append(_file_cells(page, tie))
    page.end("HL", len(sources.files))


def _file_cells(page: _Page, tie: FileTie) -> list[Cell]:
    at, stated = page.next_row, tie.manifest_rows
    rows_gap = 0 if stated is None else tie.records - stated
    # Without a manifest there is nothing to differ from: the status says so.
    gap = ZERO if stated is None else tie.gap
    is_tied = not rows_gap and round(gap, tie.places) == 0
    word = NO_MANIFEST if stated is None else TIED if is_tied else NOT_TIED
    page.statuses.append(word)
    return [
        tie.name,
        Formula(
            f'IF(ISNUMBER(F{at}),IF(AND(H{at}=0,L{at}=0),"{TIED}","{NOT_TIED}"),'
            f'"{NO_MANIFEST}")',
            word,
        ),
        tie.import_no,
        tie.places,
        Styled(tie.asset, Style.TEXT),
        Styled(stated, Style.COUNT),
        Styled(Formula(tie.records_cell, tie.records), Style.COUNT),
        Styled(Formula(f"IF(ISNUMBER(F{at}),G{at}-F{at},0)", rows_gap), Style.COUNT),
        None if stated is None else rounded(tie.manifest_sum),
        rounded(tie.accepted),
        rounded(tie.held_before),
        Formula(
            f"IF(ISNUMBER(F{at}),ROUND(J{at}+K{at}-I{at},D{at}),0)",
            round(gap, tie.places),
        ),
        "" if stated is None else format_amount(tie.manifest_sum),
        format_amount(tie.accepted),
        format_amount(tie.held_before),
    ]


# Formulas ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _OfAsset:
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


def _gap(expression: str, at: int, value: Decimal, places: int) -> Formula:
    return Formula(f"ROUND({expression},D{at})", round(value, places))


def _status(page: _Page, is_tied: bool) -> str:
    word = TIED if is_tied else NOT_TIED
    page.statuses.append(word)
    return word


def _line_status(page: _Page, at: int, letter: str, is_tied: bool) -> Formula:
    return Formula(f'IF({letter}{at}=0,"{TIED}","{NOT_TIED}")', _status(page, is_tied))


def _absolute_sum(blocks: Blocks, letters: str) -> str:
    return "+".join(f"SUMPRODUCT(ABS({block.cells(letters)}))" for block in blocks)
