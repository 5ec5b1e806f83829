"""How the cells of our workbooks look: a fixed table of styles."""

from enum import IntEnum
from typing import NamedTuple


class Style(IntEnum):
    """A look by its place in the style table."""

    PLAIN = 0
    TEXT = 1  # Stays text also when somebody edits the cell.
    TEXT_FORCED = 2  # Text that would be read as a formula without its mark.
    CODE = 3  # Digests and identifiers: fixed width.
    AMOUNT = 4  # Eight places, decimal points below each other.
    COUNT = 5
    SHARE = 6
    HEADER = 7
    HEADER_NUMBER = 8  # Above a column of numbers: aligned to the right.
    TITLE = 9
    SECTION = 10
    NOTE = 11  # Wrapped text.
    STATUS = 12
    LABEL = 13


class Highlight(IntEnum):
    """A look that a rule gives to cells, by its place in the table."""

    WRONG = 0
    RIGHT = 1
    CAUTION = 2


class _Look(NamedTuple):
    number_format: int = 0
    font: int = 0
    fill: int = 0
    border: int = 0
    alignment: str = 'vertical="top"'
    quote: bool = False


_TEXT, _AMOUNT, _COUNT, _SHARE = 49, 164, 165, 166
# A little room, so that text does not touch the number before it.
_TEXT_STANDS = 'horizontal="left" vertical="top" indent="1"'
_HEADING_STANDS = 'horizontal="left" vertical="center" indent="1"'
_LOOKS = {
    Style.PLAIN: _Look(alignment=""),
    Style.TEXT: _Look(_TEXT, alignment=_TEXT_STANDS),
    Style.TEXT_FORCED: _Look(_TEXT, alignment=_TEXT_STANDS, quote=True),
    Style.CODE: _Look(_TEXT, font=2, alignment=_TEXT_STANDS),
    Style.AMOUNT: _Look(_AMOUNT),
    Style.COUNT: _Look(_COUNT),
    Style.SHARE: _Look(_SHARE),
    Style.HEADER: _Look(
        _TEXT, 1, 2, 1, 'horizontal="left" vertical="center" wrapText="1" indent="1"'
    ),
    Style.HEADER_NUMBER: _Look(
        _TEXT, 1, 2, 1, 'horizontal="right" vertical="center" wrapText="1"'
    ),
    Style.TITLE: _Look(_TEXT, font=3, alignment=_HEADING_STANDS),
    Style.SECTION: _Look(_TEXT, font=4, alignment=_HEADING_STANDS),
    Style.NOTE: _Look(
        _TEXT, alignment='horizontal="left" vertical="top" wrapText="1" indent="1"'
    ),
    Style.STATUS: _Look(font=5, alignment='horizontal="center" vertical="top"'),
    Style.LABEL: _Look(_TEXT, font=5, alignment=_TEXT_STANDS),
}

_FORMATS = (
    f'<numFmt numFmtId="{_AMOUNT}" formatCode="#,##0.00??????"/>'
    f'<numFmt numFmtId="{_COUNT}" formatCode="#,##0"/>'
    f'<numFmt numFmtId="{_SHARE}" formatCode="0.0%"/>'
)
_FONTS = (
    '<font><sz val="10"/><name val="Calibri"/></font>'
    '<font><b/><sz val="10"/><color rgb="FFFFFFFF"/><name val="Calibri"/></font>'
    '<font><sz val="9"/><name val="Consolas"/></font>'
    '<font><b/><sz val="16"/><color rgb="FF17324D"/><name val="Calibri"/></font>'
    '<font><b/><sz val="12"/><color rgb="FF17324D"/><name val="Calibri"/></font>'
    '<font><b/><sz val="10"/><name val="Calibri"/></font>'
)
_FILLS = (
    '<fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FF17324D"/>'
    '<bgColor indexed="64"/></patternFill></fill>'
)
_BORDERS = (
    "<border><left/><right/><top/><bottom/><diagonal/></border>"
    '<border><left/><right/><top/><bottom style="thin">'
    '<color rgb="FF0B1C2C"/></bottom><diagonal/></border>'
)
# Font and fill of each highlight, in the order of the enum.
_HIGHLIGHTS = (
    ("FFFFFFFF", "FFC00000"),
    ("FF0B5A2B", "FFD8F0DF"),
    ("FF5C4400", "FFFFF1C9"),
)


def styles_xml() -> str:
    """The style table of every workbook we write."""
    looks = "".join(_xf(_LOOKS[style]) for style in Style)
    highlights = "".join(_dxf(*colours) for colours in _HIGHLIGHTS)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<numFmts count="3">{_FORMATS}</numFmts>'
        f'<fonts count="6">{_FONTS}</fonts>'
        f'<fills count="3">{_FILLS}</fills>'
        f'<borders count="2">{_BORDERS}</borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        "</cellStyleXfs>"
        f'<cellXfs count="{len(Style)}">{looks}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
        "</cellStyles>"
        f'<dxfs count="{len(Highlight)}">{highlights}</dxfs>'
        "</styleSheet>"
    )


def _xf(look: _Look) -> str:
    quote = ' quotePrefix="1"' if look.quote else ""
    alignment = f"<alignment {look.alignment}/>" if look.alignment else ""
    return (
        f'<xf numFmtId="{look.number_format}" fontId="{look.font}" '
        f'fillId="{look.fill}" borderId="{look.border}" xfId="0" '
        'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" '
        f'applyAlignment="1"{quote}>{alignment}</xf>'
    )


def _dxf(font: str, fill: str) -> str:
    return (
        f'<dxf><font><b/><color rgb="{font}"/></font><fill>'
        f'<patternFill patternType="solid"><fgColor rgb="{fill}"/>'
        f'<bgColor rgb="{fill}"/></patternFill></fill></dxf>'
    )
