"""What may stand in a cell of a workbook, and how it is written."""

import re
from decimal import Decimal
from typing import NamedTuple
from xml.sax.saxutils import escape

from recovery.sheets.xlsx_styles import Style

CELL_LENGTH_MAX = 32_767

# Anything that cannot stand in an XML text as it is.
_SPECIAL = re.compile(r"[&<>\x00-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_ESCAPE_ALIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_CONTROL = {code: 0x2400 + code for code in range(32) if code not in (9, 10, 13)}
_CONTROL |= {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}
# What a spreadsheet may take for a formula when somebody edits or copies the cell.
_FULL_WIDTH = "\uff1d\uff0b\uff0d\uff20"
_DANGEROUS = frozenset("=+-@\t\r\n\x00" + _FULL_WIDTH)


class CellRefusedError(ValueError):
    """A value cannot be put into a cell without losing some of it."""

    code = "cell_refused"


class Formula(NamedTuple):
    """A formula without its `=`, and the value it has now."""

    text: str
    cached: str | int | Decimal


class Styled(NamedTuple):
    """A value that looks different from its column."""

    value: "str | int | Decimal | Formula | None"
    style: Style


Cell = str | int | Decimal | Formula | Styled | None


def cell_xml(place: str, cell: Cell, style: int) -> str:
    """One cell.

    Raises:
        CellRefusedError: The value does not fit without losing some of it.
    """
    if isinstance(cell, Styled):
        style = int(cell.style)
        cell = cell.value
    if isinstance(cell, str):
        return _text_xml(place, cell, style)
    if isinstance(cell, Formula):
        return _formula_xml(place, cell, style)
    if cell is None:
        return f'<c r="{place}" s="{style}"/>'
    return f'<c r="{place}" s="{style}"><v>{_number(cell)}</v></c>'


def _text_xml(place: str, text: str, style: int) -> str:
    if not text:
        return ""
    if text[0] in _DANGEROUS:
        style = Style.TEXT_FORCED.value
    return (
        f'<c r="{place}" s="{style}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{_safe(text)}</t></is></c>'
    )


def _formula_xml(place: str, formula: Formula, style: int) -> str:
    text = escape(formula.text)
    if isinstance(formula.cached, str):
        kind, value = ' t="str"', _safe(formula.cached)
    else:
        kind, value = "", _number(formula.cached)
    return f'<c r="{place}" s="{style}"{kind}><f>{text}</f><v>{value}</v></c>'


def _number(value: int | Decimal) -> str:
    if isinstance(value, bool | float) or not isinstance(value, int | Decimal):
        raise CellRefusedError(f"{type(value).__name__} is no exact number")
    if isinstance(value, Decimal) and not value.is_finite():
        raise CellRefusedError(f"{value} is no number")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _safe(text: str) -> str:
    if len(text) > CELL_LENGTH_MAX:
        raise CellRefusedError(
            f"{len(text)} characters; a cell holds {CELL_LENGTH_MAX}"
        )
    if not _SPECIAL.search(text):
        return text
    shown = _ESCAPE_ALIKE.sub("_x005F_", text.translate(_CONTROL))
    return escape(shown, {"\r": "&#13;"})
