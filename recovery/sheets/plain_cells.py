"""What the cells of a plainly written workbook say: texts, and formats of numbers.

The pattern of a row (recovery.sheets.plain_sheet) cuts a cell that is no inline text
out as it stands, ` s="4" t="n"><v>0.5`: that is the key here, and the text the value.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from recovery.sheets.cell_text import cell_text
from recovery.sheets.sheet_scan import CHUNK, MOST_DIGITS, significant_digits

SHARED_TEXTS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
SHARED_BYTES_MAX = 64 * CHUNK
REMEMBERED = 100_000
_VALUE = re.compile(
    r'(?: s="([0-9]{1,5})")?(?: t="([sn])")?><v>([-+0-9.eE]{1,40})', re.ASCII
)
_SHARED = re.compile(
    r'<si><t(?: xml:space="preserve")?>(?![ \t\n])([^<]++)(?<![ \t\n])</t></si>'
)
_ODD_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
_ODD_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")
# General, whole and decimal numbers, per cent, exponents, fractions, text: no days.
_NUMBER_FORMATS = frozenset({*range(14), *range(37, 41), 48, 49})
_NUMBER_CODE = re.compile(r"[0#?.,%+\-() ;]+")
_read_number = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


class NotPlainError(Exception):
    """Something is written in a way that only the careful reading understands."""


def require_plain_text(text: str) -> bool:
    """Refuse texts whose spelling stands for others that this reading does not know.

    Returns:
        Whether entities stand in the text, which `unescaped` takes out of a cell.

    Raises:
        NotPlainError: Line ends of another system, numbered entities, escapes.
    """
    if "\r" in text or ("_" in text and _ODD_ESCAPE.search(text)):
        raise NotPlainError
    if "&" not in text:
        return False
    if _ODD_ENTITY.search(text):
        raise NotPlainError
    return True


def unescaped(cell: str) -> str:
    """The text of a cell whose entities are the five of every XML."""
    return unescape(cell) if "&" in cell else cell


class CellTexts(dict[str, str]):
    """Cells as they are cut out, to what they show; remembered, since cells repeat.

    A missing one is understood on first sight, which raises NotPlainError for a
    number that is a day, or one with more digits than are certain.
    """

    def __init__(self, container: zipfile.ZipFile) -> None:
        super().__init__({"": ""})
        names = container.namelist()
        self._shared = _shared_texts(container) if SHARED_TEXTS in names else []
        self._numbers = {None, "0"}
        if STYLES in names:
            self._numbers = {None, *_number_styles(_tree(container, STYLES))}

    def __missing__(self, cell: str) -> str:
        found = _VALUE.fullmatch(cell)
        if found is None:
            raise NotPlainError
        style, kind, value = found.groups()
        text = self._text(value) if kind == "s" else self._number(style, value)
        if len(self) >= REMEMBERED:
            self.clear()
            self[""] = ""
        self[cell] = text
        return text

    def _text(self, place: str) -> str:
        try:
            return self._shared[int(place)]
        except (IndexError, ValueError) as error:
            raise NotPlainError from error

    def _number(self, style: str | None, value: str) -> str:
        if style not in self._numbers:
            raise NotPlainError
        if len(value) > MOST_DIGITS and significant_digits(value) > MOST_DIGITS:
            raise NotPlainError
        try:
            number, end = _read_number(value, 0)
        except StopIteration as error:
            raise NotPlainError from error
        text, reason = cell_text(number)
        if reason or end != len(value):
            raise NotPlainError
        return text


def _shared_texts(container: zipfile.ZipFile) -> list[str]:
    """The texts that cells share; each must be one plain text."""
    text = _part_text(container, SHARED_TEXTS, SHARED_BYTES_MAX)
    has_entities = require_plain_text(text)
    texts = _SHARED.findall(text)
    if len(texts) != text.count("<si"):
        raise NotPlainError
    return list(map(unescaped, texts)) if has_entities else texts


def _part_text(container: zipfile.ZipFile, name: str, most: int) -> str:
    if container.getinfo(name).file_size > most:
        raise NotPlainError
    try:
        return container.read(name).decode()
    except UnicodeDecodeError as error:
        raise NotPlainError from error


def _tree(container: zipfile.ZipFile, name: str) -> Element:
    return xml_tree(_part_text(container, name, CHUNK))


def xml_tree(text: str) -> Element:
    """Well-formed XML without document types.

    Raises:
        NotPlainError: It is not.
    """
    try:
        return fromstring(text, forbid_dtd=True)
    except (DefusedXmlException, ParseError) as error:
        raise NotPlainError from error


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def _number_styles(styles: Element) -> Iterator[str]:
    """The styles, by number, under which a number is no day and no time."""
    codes = {
        one.get("numFmtId"): one.get("formatCode") or ""
        for one in styles.iter()
        if local_name(one) == "numFmt"
    }
    looks = [one for one in styles.iter() if local_name(one) == "cellXfs"]
    for place, look in enumerate(looks[0] if looks else ()):
        number = look.get("numFmtId") or "0"
        code = codes.get(number)
        usual = code is None and number.isdecimal() and int(number) in _NUMBER_FORMATS
        if usual or (code is not None and _NUMBER_CODE.fullmatch(code)):
            yield str(place)
