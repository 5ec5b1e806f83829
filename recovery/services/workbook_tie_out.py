"""The TieOut sheet: what the rows add up to, held against independent totals."""

from recovery.domain.money import format_amount
from recovery.services.workbook_columns import (
    BREAKS,
    CONSERVATION_CHECK,
    IMPORTS,
    PARTS_CHECK,
    letters_of,
)
from recovery.services.workbook_file_ties import FileTie
from recovery.services.workbook_rows import iso
from recovery.services.workbook_tally import Tally, rounded
from recovery.services.workbook_tie_assets import asset_sections
from recovery.services.workbook_tie_page import (
    FIRST_ROW,
    HEADER_HEIGHT,
    NO_MANIFEST,
    NOT_TIED,
    OVERALL_CELL,
    TIED,
    Blocks,
    Sources,
    TiePage,
)
from recovery.sheets.workbook_writer import SheetWriter
from recovery.sheets.xlsx_cells import Cell, Formula, Styled
from recovery.sheets.xlsx_styles import Highlight, Style


def tie_out_write(sheet: SheetWriter, tally: Tally, sources: Sources) -> bool:
    """Write the sheet.

    Returns:
        Whether every check ties. A file without a manifest is told apart.
    """
    page = TiePage()
    asset_sections(page, tally, sources)
    _files_section(page, sources)
    is_tied = _summary(sheet, page, tally, sources)
    for number, row in enumerate(page.rows, start=FIRST_ROW):
        sheet.row(row, height=HEADER_HEIGHT if number in page.headers else 0)
    statuses = f"B{FIRST_ROW}:B{sheet.rows}"
    sheet.words_are(f"{OVERALL_CELL} {statuses}", TIED.upper(), Highlight.RIGHT)
    sheet.words_are(f"{OVERALL_CELL} {statuses}", NOT_TIED, Highlight.WRONG)
    sheet.words_are(statuses, NO_MANIFEST, Highlight.CAUTION)
    _paint_files(sheet, len(sources.files))
    for cells in page.wrong_if_not_zero:
        sheet.not_zero_is_wrong(cells)
    return is_tied


def _summary(sheet: SheetWriter, page: TiePage, tally: Tally, sources: Sources) -> bool:
    statuses = f"B{FIRST_ROW}:B{page.next_row - 1}"
    wrong = page.statuses.count(NOT_TIED)
    is_tied = not (wrong or tally.lost_records or tally.parts_left)
    lost = letters_of(IMPORTS, CONSERVATION_CHECK)
    left = letters_of(BREAKS, PARTS_CHECK)
    facts: list[tuple[str, Formula, Style]] = [
        (
            "Overall",
            Formula('IF(AND(B5=0,B7=0,B8=0),"TIED","NOT TIED")', overall(is_tied)),
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
    while sheet.rows < FIRST_ROW - 1:
        sheet.row([])
    sheet.not_zero_is_wrong("B5 B7:B8")
    return is_tied


def overall(is_tied: bool) -> str:
    """The word for the whole workbook."""
    return TIED.upper() if is_tied else NOT_TIED


def _files_section(page: TiePage, sources: Sources) -> None:
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
    page.end("", 0)


def _paint_files(sheet: SheetWriter, count: int) -> None:
    if not count:
        return
    last = sheet.rows - 1  # An empty row ends every section.
    first = last - count + 1
    cells = f"H{first}:H{last} L{first}:L{last}"
    sheet.paint_where(cells, f"AND(ISNUMBER($F{first}),H{first}<>0)", Highlight.WRONG)
    sheet.paint_where(
        f"L{first}:L{last}", f"NOT(ISNUMBER($F{first}))", Highlight.CAUTION
    )


def _file_cells(page: TiePage, tie: FileTie) -> list[Cell]:
    at, stated = page.next_row, tie.manifest_rows
    rows_gap = 0 if stated is None else tie.records - stated
    # Without a manifest, all that was taken is what nobody outside confirms.
    gap = tie.gap
    is_tied = not rows_gap and round(gap, tie.places) == 0
    word = NO_MANIFEST if stated is None else TIED if is_tied else NOT_TIED
    page.statuses.append(word)
    return [
        Styled(tie.name, Style.TEXT),
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
        Formula(f"ROUND(J{at}+K{at}-N(I{at}),D{at})", round(gap, tie.places)),
        *(
            Styled(text, Style.TEXT)
            for text in (
                "" if stated is None else format_amount(tie.manifest_sum),
                format_amount(tie.accepted),
                format_amount(tie.held_before),
            )
        ),
    ]


def _absolute_sum(blocks: Blocks, letters: str) -> str:
    return "+".join(
        f'SUMIF({cells},">0")-SUMIF({cells},"<0")'
        for cells in (block.cells(letters) for block in blocks)
    )
