"""Workbooks built part by part, so that every part can be spoilt."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8"?>'
HEADER = ("time_utc", "instrument", "mark_price")


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def number_cell(place: str, text: str, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}"><v>{text}</v></c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def text_row(number: int, *texts: str) -> str:
    cells = (
        text_cell(f"{chr(65 + index)}{number}", text)
        for index, text in enumerate(texts)
    )
    return row(number, *cells)


def sheet(*rows: str, before: str = "", after: str = "", head: str = XML) -> str:
    data = "".join(rows)
    return (
        f'{head}<worksheet xmlns="{MAIN}">{before}<sheetData>{data}</sheetData>'
        f"{after}</worksheet>"
    )


def parts(*sheets: str, date1904: bool = False) -> dict[str, str]:
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" '
        f'Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    system = '<workbookPr date1904="1"/>' if date1904 else ""
    return {
        "[Content_Types].xml": f'{XML}<Types xmlns="{TYPES}"><Default Extension="xml" '
        'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{SHEET_TYPE}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'{XML}<Relationships xmlns="{LINKS}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{system}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{LINKS}">{links}'
        f'<Relationship Id="rIdS" Type="{OFFICE}/styles" Target="styles.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'{XML}<styleSheet xmlns="{MAIN}"><cellXfs count="2">'
        '<xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    } | {f"xl/worksheets/sheet{n}.xml": sheets[n - 1] for n in numbers}


def pack(path: Path, content: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in content.items():
            file.writestr(name, text)
    return path


def prices(path: Path, *rows: str, after: str = "", before: str = "") -> Path:
    """A workbook of mark prices with these rows below the header in row 1."""
    whole = sheet(text_row(1, *HEADER), *rows, after=after, before=before)
    return pack(path, parts(whole))
