"""The parts of a workbook: what it is, which sheets it has, which one holds data."""

import posixpath
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import Limits
from recovery.sheets.sheet_scan import CHUNK, SheetScan, check_encoding, scan_sheet
from recovery.sheets.zip_checks import (
    SAVE_AGAIN,
    check_members,
    opened_zip,
    refused_zip,
)

PLAIN_WORKBOOK = "spreadsheetml.sheet.main+xml"
SMALL_PART = CHUNK
SAVE_ALONE = "Save the one that is meant as a file of its own."
_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_SHARED = re.compile(r"xl/(?:sharedStrings|styles|metadata|theme/[^/]+)\.xml")
# Parts that lead out of the workbook or hold other documents; none is followed.
_REACHING = re.compile(
    r"xl/(?:externalLinks/|connections\.xml|queryTables/|embeddings/|webExtensions/)",
    re.IGNORECASE,
)
KINDS = {
    "sheet.binary": "a binary workbook",
    "macroEnabled": "a workbook with macros",
    "opendocument": "an OpenDocument sheet",
    "wordprocessingml": "a text document",
    "presentationml": "a presentation",
}


class SheetNeededError(FileRefusedError):
    """Several sheets hold data, and nobody said which one is meant."""

    def __init__(self, sheets: tuple[str, ...]) -> None:
        named = ", ".join(name[:40] for name in sheets[:12])
        super().__init__(
            "sheet_needed", f"Several sheets hold data: {named}.", SAVE_ALONE
        )
        self.sheets = sheets


@dataclass(frozen=True, slots=True)
class CheckedBook:
    """A workbook whose structure is safe.

    Attributes:
        sheets: Names of the sheets that come into question, with their parts.
        others: Names of the sheets beside the one that was asked for.
        reaches_out: Whether it links to or holds other documents.
    """

    path: Path
    limits: Limits
    sheets: dict[str, str]
    reaches_out: bool
    others: tuple[str, ...] = ()


def checked_book(path: Path, sheet: str, limits: Limits) -> CheckedBook:
    """Check a workbook's structure and find its sheets.

    Args:
        path: the workbook.
        sheet: the sheet asked for, or empty for the only one with data.
        limits: how much is unpacked and read at most.

    Raises:
        FileRefusedError: unsafe, of another kind, or without the sheet.
    """
    with opened_zip(path, limits.of_streams()) as container:
        _check_kind(container)
        _check_shared_parts(container)
        sheets = _sheets(container)
        if sheet and sheet not in sheets:
            raise _no_such_sheet(sheet, sheets)
        wanted = {sheet: sheets[sheet]} if sheet else sheets
        reaches_out = any(map(_REACHING.match, container.namelist()))
    others = tuple(name for name in sheets if name not in wanted)
    return CheckedBook(path, limits, wanted, reaches_out, others)


def filled_sheet(book: CheckedBook) -> tuple[str, SheetScan]:
    """The sheet with data, and what its XML holds.

    Raises:
        FileRefusedError: too large to be read as a whole, without data, or with data
            on several sheets of which none is named.
    """
    with opened_zip(book.path, book.limits.of_streams()) as container:
        check_members(container.infolist(), book.limits)
        scans = {
            name: _scanned(container, part, book.limits)
            for name, part in book.sheets.items()
        }
    filled = {name: scan for name, scan in scans.items() if scan.rows}
    if len(filled) > 1:
        raise SheetNeededError(tuple(filled))
    if not filled:
        raise FileRefusedError(
            "no_rows", "The workbook holds no data.", "Choose another file."
        )
    return filled.popitem()


def _no_such_sheet(sheet: str, sheets: Mapping[str, str]) -> FileRefusedError:
    return FileRefusedError(
        "sheet_unknown",
        f"There is no sheet {sheet!r}; there are: {', '.join(sheets)}.",
        SAVE_ALONE,
    )


def _check_kind(container: zipfile.ZipFile) -> None:
    names = container.namelist()
    if "[Content_Types].xml" not in names:
        if "content.xml" in names:
            raise _foreign("an OpenDocument sheet")
        inside = ", ".join(name[:40] for name in sorted(names)[:3])
        raise FileRefusedError(
            "foreign_content",
            f"The content is an archive of {len(names)} files: {inside}.",
            "Unpack it and send each file inside, as it is.",
        )
    types = _part(container, "[Content_Types].xml")
    stated = " ".join(child.get("ContentType") or "" for child in types)
    for word, kind in KINDS.items():
        if word in stated:
            raise _foreign(kind)
    if PLAIN_WORKBOOK not in stated:
        raise _foreign("not a workbook")
    if any(name.casefold().endswith("vbaproject.bin") for name in names):
        raise _foreign("a workbook with macros")


def _foreign(kind: str) -> FileRefusedError:
    return FileRefusedError("foreign_content", f"The content is {kind}.", SAVE_AGAIN)


def _part(container: zipfile.ZipFile, name: str) -> Element:
    """A small part, parsed without document types."""
    try:
        with container.open(name) as stream:
            text = stream.read(SMALL_PART + 1)
        if len(text) > SMALL_PART:
            raise refused_zip(f"has a part {name} of more than {SMALL_PART} bytes")
        check_encoding(text)
        return fromstring(text, forbid_dtd=True)
    except KeyError as error:
        raise refused_zip(f"lacks the part {name}") from error
    except DefusedXmlException as error:
        raise refused_zip("declares a document type or an entity") from error
    except ParseError as error:
        raise refused_zip("has a part that is not well-formed") from error


def _check_shared_parts(container: zipfile.ZipFile) -> None:
    """The parts the reader also opens hold no document type and are UTF-8."""
    for name in container.namelist():
        if _SHARED.fullmatch(name):
            with container.open(name) as stream:
                _check_no_declaration(stream)


def _check_no_declaration(stream: IO[bytes]) -> None:
    tail = b""
    first = True
    while chunk := stream.read(CHUNK):
        if first:
            check_encoding(chunk)
            first = False
        if _DECLARATION.search(tail + chunk):
            raise refused_zip("declares a document type or an entity")
        tail = chunk[-32:]


def _sheets(container: zipfile.ZipFile) -> dict[str, str]:
    """Sheet names with the parts that hold them, in the order of the workbook."""
    package = _part(container, "_rels/.rels")
    home = next(
        (
            child.get("Target") or ""
            for child in package
            if (child.get("Type") or "").endswith("/officeDocument")
        ),
        "xl/workbook.xml",
    ).lstrip("/")
    folder = posixpath.dirname(home)
    links = {
        child.get("Id"): child
        for child in _part(container, f"{folder}/_rels/{posixpath.basename(home)}.rels")
    }
    return {
        sheet.get("name") or "": _target(folder, links.get(_link_id(sheet)))
        for sheet in _part(container, home).iter()
        if sheet.tag.rpartition("}")[2] == "sheet"
    }


def _link_id(sheet: Element) -> str | None:
    return next((value for key, value in sheet.items() if key.endswith("}id")), None)


def _target(folder: str, link: Element | None) -> str:
    if link is None or link.get("TargetMode") == "External":
        raise refused_zip("has a sheet that is not inside it")
    target = link.get("Target") or ""
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(folder, target))


def _scanned(container: zipfile.ZipFile, part: str, limits: Limits) -> SheetScan:
    try:
        with container.open(part) as stream:
            return scan_sheet(stream, limits)
    except KeyError as error:
        raise refused_zip(f"lacks the part {part}") from error
