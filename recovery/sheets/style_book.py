"""The styles of one workbook: each look and number format once."""

from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from recovery.sheets.workbook_values import Look

FIRST_FORMAT = 164
_FONTS = (
    '<font><sz val="11"/><name val="Calibri"/></font>',
    '<font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/></font>',
    '<font><b/><sz val="14"/><name val="Calibri"/></font>',
    '<font><b/><sz val="11"/><name val="Calibri"/></font>',
    '<font><sz val="11"/><color rgb="FF6B7280"/><name val="Calibri"/></font>',
)
_FILLS = ("FF1F2937", "FFDCFCE7", "FFFEE2E2", "FFFEF9C3")
_BORDERS = (
    "<border><left/><right/><top/><bottom/><diagonal/></border>",
    '<border><left/><right/><top style="thin"/><bottom/><diagonal/></border>',
)


class _Dress(NamedTuple):
    font: int = 0
    fill: int = 0
    border: int = 0


_DRESS = {
    Look.PLAIN: _Dress(),
    Look.HEADER: _Dress(font=1, fill=2),
    Look.TITLE: _Dress(font=2),
    Look.TOTAL: _Dress(font=3, border=1),
    Look.GOOD: _Dress(fill=3),
    Look.BAD: _Dress(fill=4),
    Look.MUTED: _Dress(font=4),
    Look.INPUT: _Dress(fill=5),
}


class StyleBook:
    """Numbers of styles, given out as they are asked for."""

    def __init__(self) -> None:
        self._styles: dict[tuple[Look, str, bool], int] = {}
        self._formats: dict[str, int] = {}
        self.number(Look.PLAIN, "")

    def number(self, look: Look, number_format: str, *, quoted: bool = False) -> int:
        """The style number of a look and format; `quoted` keeps edited text text."""
        key = (look, number_format, quoted)
        if key not in self._styles:
            self._styles[key] = len(self._styles)
            if number_format and number_format not in self._formats:
                self._formats[number_format] = FIRST_FORMAT + len(self._formats)
        return self._styles[key]

    def xml(self) -> str:
        """The part `xl/styles.xml`, once all cells are written."""
        formats = "".join(
            f'<numFmt numFmtId="{number}" formatCode={quoteattr(text)}/>'
            for text, number in self._formats.items()
        )
        styles = "".join(self._style(*key) for key in self._styles)
        fills = "".join(
            f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/>'
            "</patternFill></fill>"
            for colour in _FILLS
        )
        return (
            '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            + (
                f'<numFmts count="{len(self._formats)}">{formats}</numFmts>'
                if formats
                else ""
            )
            + f'<fonts count="{len(_FONTS)}">{"".join(_FONTS)}</fonts>'
            + f'<fills count="{len(_FILLS) + 2}"><fill><patternFill patternType="none"/>'
            f'</fill><fill><patternFill patternType="gray125"/></fill>{fills}</fills>'
            f'<borders count="{len(_BORDERS)}">{"".join(_BORDERS)}</borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
            f'</cellStyleXfs><cellXfs count="{len(self._styles)}">{styles}</cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
            '</cellStyles><dxfs count="1"><dxf><font><b/><color rgb="FF991B1B"/></font>'
            '<fill><patternFill><bgColor rgb="FFFECACA"/></patternFill></fill></dxf></dxfs>'
            "</styleSheet>"
        )

    def _style(self, look: Look, number_format: str, quoted: bool) -> str:
        dress = _DRESS[look]
        number = self._formats.get(number_format, 0)
        quote = ' quotePrefix="1"' if quoted else ""
        return (
            f'<xf numFmtId="{number}" fontId="{dress.font}" fillId="{dress.fill}" '
            f'borderId="{dress.border}" xfId="0" applyNumberFormat="1" applyFont="1" '
            f'applyFill="1" applyBorder="1"{quote}/>'
        )
