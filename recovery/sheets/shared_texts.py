"""Cells that point to a shared text which the workbook does not hold."""

import re
import zipfile
from pathlib import Path

_TEXTS = "xl/sharedStrings.xml"
_TEXT = re.compile(rb"<(?:\w+:)?si[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?v>(\d{1,9})<")
_PLACE = re.compile(rb'\br="([A-Z]{1,3}\d{1,7})"')
_IS_SHARED = re.compile(rb'\bt="s"')


def cell_without_text(path: Path, part: str) -> str:
    """The first cell of a sheet whose shared text is not there, or an empty text.

    Args:
        path: A workbook whose structure was checked.
        part: The sheet's name inside the container.
    """
    with zipfile.ZipFile(path) as container:
        is_there = _TEXTS in container.namelist()
        count = len(_TEXT.findall(container.read(_TEXTS))) if is_there else 0
        for found in _CELL.finditer(container.read(part)):
            attributes, place = found.groups()
            if _IS_SHARED.search(attributes) and int(place) >= count:
                named = _PLACE.search(attributes)
                return named[1].decode() if named else ""
    return ""
