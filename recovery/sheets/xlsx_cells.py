"""What may stand in a cell of a workbook, and how it is written."""

from decimal import Decimal
from typing import NamedTuple

from recovery.sheets.errors import SheetError
from recovery.sheets.safe_text import cell_xml as text_xml
from recovery.sheets.safe_text import starts_formula
from recovery.sheets.xlsx_styles import Style


class CellRefusedError(SheetError):
    """A value cannot be put into a workbook without losing some of it."""

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
        CellRefusedError: A number that is not exact.
        CellTooLongError: A text longer than a cell; it is never cut.
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
    if starts_formula(text):
        style = Style.TEXT_FORCED.value
    return (
        f'<c r="{place}" s="{style}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{text_xml(text)}</t></is></c>'
    )


def _formula_xml(place: str, formula: Formula, style: int) -> str:
    text = text_xml(formula.text)
    if isinstance(formula.cached, str):
        kind, value = ' t="str"', text_xml(formula.cached)
    else:
        kind, value = "", _number(formula.cached)
    return f'<c r="{place}" s="{style}"{kind}><f>{text}</f><v>{value}</v></c>'


def _number(value: int | Decimal) -> str:
    if isinstance(value, bool | float) or not isinstance(value, int | Decimal):
        raise CellRefusedError(f"{type(value).__name__} is no exact number")
    if isinstance(value, Decimal) and not value.is_finite():
        raise CellRefusedError(f"{value} is no number")
    return format(value, "f") if isinstance(value, Decimal) else str(value)
