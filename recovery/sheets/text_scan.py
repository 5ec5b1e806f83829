"""What kind of bytes a file holds, checked once before anything is parsed."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import Limits, SourceKind

CHINESE = "gb18030"
CHINESE_VARIETY = 3
_CHINESE_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_CHINESE_LINE = re.compile(
    rb"(?:[\x00-\x7f]|[\xa1-\xf7][\xa1-\xfe]|[\x81-\xfe][0-9][\x81-\xfe][0-9])*+"
)
CHUNK = 1024 * 1024
EXPORT_AGAIN = "Export it again as CSV (UTF-8) or XLSX."
COMPRESSED = "a compressed file"
UNPACK = "Unpack it and send the file inside, as it is."
FOREIGN = {
    b"\xd0\xcf\x11\xe0": "a password-protected or old Excel workbook",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"MZ": "a program",
    b"\x7fELF": "a program",
    b"\x1f\x8b": COMPRESSED,
    b"BZh": COMPRESSED,
    b"\xfd7zXZ": COMPRESSED,
    b"\x28\xb5\x2f\xfd": COMPRESSED,
    b"Rar!": COMPRESSED,
    b"7z\xbc\xaf": COMPRESSED,
    b"PK\x05\x06": "an empty archive",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet table",
    b"RIFF": "a picture or a recording",
    b"{\\rtf": "a text document",
    b"<": "an HTML or XML document",
}


@dataclass(frozen=True, slots=True)
class TextFacts:
    """How a text file has to be read."""

    encoding: str
    quoted: bool = False
    has_nul: bool = False
    has_inner_mark: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether one line is one record and no cell needs a second look."""
        return not (self.quoted or self.has_nul or self.has_inner_mark)


def source_kind(head: bytes) -> SourceKind:
    """Decide the kind of a file by its first bytes, never by its name.

    Raises:
        FileRefusedError: the content is of another kind, which is named.
    """
    if not head:
        raise FileRefusedError("empty", "The file is empty.", "Choose another file.")
    if head.startswith(b"PK\x03\x04"):
        return SourceKind.XLSX
    body = head.removeprefix(codecs.BOM_UTF8).lstrip()
    for signature, name in FOREIGN.items():
        if body.startswith(signature):
            raise FileRefusedError(
                "foreign_content",
                f"The content is {name}.",
                UNPACK if name == COMPRESSED else EXPORT_AGAIN,
            )
    begin = head.decode(encoding_of(head[:4]), errors="ignore").lstrip()
    return SourceKind.JSON if begin[:1] in ("{", "[") else SourceKind.CSV


def text_facts(path: Path, limits: Limits) -> TextFacts:
    """Read the whole text once and tell how to parse it.

    Raises:
        FileRefusedError: bytes outside the encoding, or a line without an end.
    """
    with path.open("rb") as stream:
        encoding = encoding_of(stream.read(4))
        stream.seek(0)
        try:
            return _scanned(stream, encoding, limits)
        except FileRefusedError as refusal:
            if refusal.code != "encoding" or not _is_chinese(stream, limits):
                raise
        stream.seek(0)
        return _scanned(stream, CHINESE, limits)


def _is_chinese(stream: BinaryIO, limits: Limits) -> bool:
    """Whether the bytes are the common Chinese encoding, and nothing else.

    Only pairs of the old national standard count: an accented Latin letter beside an
    ASCII one would pass for a character of its later extensions. Text has many
    different first bytes; bytes made up to deceive have not.
    """
    stream.seek(0)
    first_bytes: set[bytes] = set()
    for line in iter(lambda: stream.readline(limits.line_bytes + 1), b""):
        if not _CHINESE_LINE.fullmatch(line):
            return False
        first_bytes.update(pair[:1] for pair in _CHINESE_PAIR.findall(line))
    return len(first_bytes) >= CHINESE_VARIETY


def encoding_of(head: bytes) -> str:
    """The encoding that the first four bytes of a text speak for."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Programs leave the mark out: a text of names begins with two Latin letters.
    empty = [not byte for byte in head]
    if empty == [True, True, True, False]:
        return "utf-32-be"
    if empty == [False, True, True, True]:
        return "utf-32-le"
    if empty == [True, False, True, False]:
        return "utf-16-be"
    return "utf-16-le" if empty == [False, True, False, True] else "utf-8-sig"


def _scanned(stream: BinaryIO, encoding: str, limits: Limits) -> TextFacts:
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = line = 0
    quoted = has_nul = has_mark = False
    while chunk := stream.read(CHUNK):
        text = _decoded(decoder, chunk, offset)
        line = _line_length(chunk, line, limits)
        quoted = quoted or '"' in text
        has_nul = has_nul or "\0" in text
        has_mark = has_mark or "\ufeff" in text
        offset += len(chunk)
    _decoded(decoder, b"", offset, final=True)
    return TextFacts(encoding, quoted, has_nul, has_mark)


def _decoded(
    decoder: codecs.IncrementalDecoder,
    chunk: bytes,
    offset: int,
    *,
    final: bool = False,
) -> str:
    pending = len(decoder.getstate()[0])
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        at = offset - pending + error.start
        raise FileRefusedError(
            "encoding",
            f"Byte {at} does not belong to the encoding of the file.",
            "Save it as UTF-8 and send it again.",
        ) from error


def _line_length(chunk: bytes, before: int, limits: Limits) -> int:
    """Length of the line still open at the end of `chunk`."""
    last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    length = before + len(chunk) if last < 0 else len(chunk) - last - 1
    if length > limits.line_bytes:
        raise FileRefusedError(
            "line_too_long",
            f"A line is longer than {limits.line_bytes} bytes.",
            EXPORT_AGAIN,
        )
    return length
