"""Values to the XML of their cells."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import Final

from recovery.domain.money import format_amount
from recovery.sheets.safe_text import cell_xml, starts_formula
from recovery.sheets.style_book import StyleBook
from recovery.sheets.workbook_values import (
    CellValue,
    Column,
    Formula,
    Look,
    Number,
    PlainValue,
    Styled,
)

INSTANT_FORMAT = "yyyy-mm-dd hh:mm:ss"
DAY_FORMAT = "yyyy-mm-dd"
EPOCH: Final = datetime(1899, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LARGEST_EXACT = 10**15
_FIFTEEN = Context(prec=15)


def column_letters(number: int) -> str:
    """Letters of a column from its number: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class CellWriter:
    """Writes the cells of one sheet under the formats of its columns."""

    def __init__(self, styles: StyleBook, columns: Sequence[Column]) -> None:
        self._styles = styles
        self._columns = columns
        self._letters = [column_letters(number + 1) for number in range(len(columns))]

    def row(self, number: int, values: Sequence[CellValue]) -> str:
        """The XML of one row."""
        self._reach(len(values))
        cells = "".join(
            self._cell(f"{letters}{number}", position, value)
            for position, (letters, value) in enumerate(
                zip(self._letters, values, strict=False)
            )
            if value is not None
        )
        return f'<row r="{number}">{cells}</row>'

    def _reach(self, width: int) -> None:
        while len(self._letters) < width:
            self._letters.append(column_letters(len(self._letters) + 1))

    def _cell(self, place: str, position: int, value: CellValue) -> str:
        if isinstance(value, Styled):
            return self._styled(place, position, value)
        return self._plain(place, value, Look.PLAIN, self._format(position))

    def _format(self, position: int) -> str:
        if position < len(self._columns):
            return self._columns[position].number_format
        return ""

    def _styled(self, place: str, position: int, styled: Styled) -> str:
        number_format = styled.number_format or self._format(position)
        return self._plain(place, styled.value, styled.look, number_format)

    def _plain(
        self, place: str, value: PlainValue, look: Look, number_format: str
    ) -> str:
        if isinstance(value, Decimal):
            return self._text(place, format_amount(value), look, number_format)
        if isinstance(value, str):
            return self._text(place, value, look, number_format)
        if isinstance(value, date):
            return self._moment(place, value, look, number_format)
        style = self._styles.number(look, number_format)
        return _unquoted(place, style, value)

    def _text(self, place: str, text: str, look: Look, number_format: str) -> str:
        quoted = starts_formula(text)
        style = self._styles.number(look, number_format, quoted=quoted)
        return (
            f'<c r="{place}" s="{style}" t="inlineStr"><is>'
            f'<t xml:space="preserve">{cell_xml(text)}</t></is></c>'
        )

    def _moment(self, place: str, value: date, look: Look, number_format: str) -> str:
        is_instant = isinstance(value, datetime)
        usual = INSTANT_FORMAT if is_instant else DAY_FORMAT
        style = self._styles.number(look, number_format or usual)
        return f'<c r="{place}" s="{style}"><v>{serial(value)}</v></c>'


def serial(value: date) -> str:
    """A day or an aware instant as the number spreadsheets count days by, in UTC."""
    if not isinstance(value, datetime):
        return str((value - EPOCH.date()).days)
    since = value.astimezone(UTC) - EPOCH
    milliseconds = since // timedelta(milliseconds=1)
    return rounded(_FIFTEEN.divide(Decimal(milliseconds), Decimal(86_400_000)))


def rounded(value: Decimal) -> str:
    """A number cell's text: at most the 15 digits every program keeps."""
    return format_amount(_FIFTEEN.plus(value))


def _unquoted(place: str, style: int, value: int | Number | Formula | None) -> str:
    """A cell whose style does not depend on its value."""
    if isinstance(value, Formula):
        return _formula(place, style, value)
    if isinstance(value, Number):
        return f'<c r="{place}" s="{style}"><v>{rounded(value.value)}</v></c>'
    if value is None:
        return f'<c r="{place}" s="{style}"/>'
    return _whole(place, style, value)


def _formula(place: str, style: int, formula: Formula) -> str:
    text = cell_xml(formula.text.removeprefix("="))
    if isinstance(formula.cached, str):
        cached, kind = cell_xml(formula.cached), ' t="str"'
    else:
        cached, kind = rounded(Decimal(formula.cached)), ""
    return f'<c r="{place}" s="{style}"{kind}><f>{text}</f><v>{cached}</v></c>'


def _whole(place: str, style: int, value: int) -> str:
    if isinstance(value, bool):
        return f'<c r="{place}" s="{style}" t="b"><v>{value:d}</v></c>'
    if abs(value) < LARGEST_EXACT:
        return f'<c r="{place}" s="{style}"><v>{value}</v></c>'
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t>{value}</t></is></c>'
