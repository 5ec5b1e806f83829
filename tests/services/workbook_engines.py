"""Three ways to know what a workbook's formulas give."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import formualizer
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

Values = dict[tuple[str, str], Any]
SOFFICE = shutil.which("soffice")
_CACHED = re.compile(r"</f><v>[^<]*</v>")


def formulas(path: Path) -> dict[tuple[str, str], str]:
    """Every formula by sheet and cell."""
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def cached(path: Path) -> Values:
    """What a reader sees that does not calculate."""
    book = openpyxl.load_workbook(path, data_only=True)
    return {key: book[key[0]][key[1]].value for key in formulas(path)}


def by_formualizer(path: Path) -> Values:
    book = formualizer.load_workbook(str(path))
    book.evaluate_all()
    found = {}
    for sheet, place in formulas(path):
        column, row = openpyxl.utils.cell.coordinate_from_string(place)
        at = openpyxl.utils.column_index_from_string(column)
        found[sheet, place] = book.evaluate_cell(sheet, row, at)
    return found


def by_libreoffice(path: Path, folder: Path) -> Values:
    """Recalculated from a copy whose stored values are gone."""
    bare = without_values(path, folder / "bare.xlsx")
    subprocess.run(
        [
            SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless",
            "--convert-to", "xlsx:Calc MS Excel 2007 XML",
            "--outdir", folder / "out", bare,
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    book = openpyxl.load_workbook(folder / "out" / "bare.xlsx", data_only=True)
    return {key: book[key[0]][key[1]].value for key in formulas(path)}


def without_values(path: Path, target: Path) -> Path:
    return changed(path, target, lambda text: _CACHED.sub("</f>", text))


def changed(path: Path, target: Path, change: Any) -> Path:
    """A copy whose sheets went through a change of their XML."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, change(text) if "worksheets/" in name else text)
    return target


def table(sheet: Worksheet) -> list[dict[str, Any]]:
    """Rows of a data sheet by header."""
    header, *rows = sheet.values
    return [dict(zip(header, row, strict=True)) for row in rows]


def differences(first: Values, second: Values) -> list[tuple[Any, ...]]:
    """Cells in which two engines differ by more than binary fractions do."""
    assert first.keys() == second.keys()
    return [
        (key, first[key], second[key])
        for key in first
        if not _same(first[key], second[key])
    ]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) < 5e-9
    return bool(one == other)
