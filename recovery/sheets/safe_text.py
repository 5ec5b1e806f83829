"""Text that must stay text in whatever program opens it."""

import re

from recovery.sheets.errors import CellTooLongError

LONGEST_CELL = 32_767
# What a spreadsheet program may take for the beginning of a formula.
FORMULA_STARTS = tuple("=+-@\t\r\n\0＝＋－＠")  # noqa: RUF001
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|\r")
# Written out, such a text would be read back as the character it spells.
_SPELT = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def starts_formula(text: str) -> bool:
    """Whether a program may run the text instead of showing it."""
    return text.startswith(FORMULA_STARTS) and text != "-"


def csv_text(text: str) -> str:
    """The text for a CSV file; an apostrophe keeps a dangerous one inert."""
    shown = text.replace("\0", "\u2400")
    return f"'{shown}" if starts_formula(text) else shown


def cell_xml(text: str) -> str:
    """The text for a workbook cell, every character kept.

    Raises:
        CellTooLongError: more than a cell can hold; it is never cut.
    """
    if len(text) > LONGEST_CELL:
        raise CellTooLongError(f"A text of {len(text)} characters fits no cell.")
    if text.isalnum() and text.isascii():
        return text
    spelt = _SPELT.sub("_x005F_", text)
    return _ILLEGAL.sub(_spell, spelt).translate(_XML)


def _spell(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"
