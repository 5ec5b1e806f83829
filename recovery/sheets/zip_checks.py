"""What a workbook's ZIP container must be before any part of it is unpacked."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import Limits

SAVE_AGAIN = "Open it in a spreadsheet program and save it as a plain XLSX file."
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
END_RECORD_BYTES = 22
SMALL_MEMBER = 1024 * 1024  # Below this size any ratio is harmless.
STATED_ELSEWHERE = 0xFFFFFFFF  # The sizes of a large part stand in an extra field.
ENCRYPTED, SIZES_FOLLOW = 0x1, 0x8

# What the standard library raises, here or while a part is unpacked, for a container
# that is not what it says.
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
)


@contextmanager
def opened_zip(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The container, checked record by record.

    Raises:
        FileRefusedError: it is damaged, hides something, or would unpack to more
            than the limits; also when a part turns out damaged while it is read.
    """
    try:
        with zipfile.ZipFile(path) as container:
            _check_end(path, container)
            check_members(container.infolist(), limits)
            with path.open("rb") as stream:
                _check_places(stream, container.infolist())
            yield container
    except _DAMAGE as error:
        raise refused_zip("is damaged") from error


def refused_zip(what: str) -> FileRefusedError:
    """The refusal of a container."""
    return FileRefusedError("unsafe_workbook", f"The workbook {what}.", SAVE_AGAIN)


def _check_end(path: Path, container: zipfile.ZipFile) -> None:
    """The end record closes the file: nothing is hidden behind it."""
    with path.open("rb") as stream:
        stream.seek(-END_RECORD_BYTES, 2)
        closing = stream.read(4)
    if container.comment or closing != b"PK\x05\x06":
        raise refused_zip("has data behind its end")


def check_members(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    """The parts have safe names and sizes within the limits.

    Raises:
        FileRefusedError: one has not.
    """
    if len(members) > limits.members:
        raise refused_zip(f"has more than {limits.members} parts")
    names = [member.filename.casefold() for member in members]
    if len(set(names)) < len(names):
        raise refused_zip("holds two parts of one name")
    if sum(member.file_size for member in members) > limits.unpacked_bytes:
        raise refused_zip(f"unpacks to more than {limits.unpacked_bytes} bytes")
    for member in members:
        _check_name(member)
        _check_size(member, limits)


def _check_name(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    parts = name.split("/")
    if name != member.filename or "\\" in name or ":" in name:
        raise refused_zip("holds a part with a misleading name")
    if ".." in parts or not parts[0]:
        raise refused_zip("holds a part that points out of it")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise refused_zip("holds a link")


def _check_size(member: zipfile.ZipInfo, limits: Limits) -> None:
    if member.flag_bits & ENCRYPTED:
        raise refused_zip("is protected by a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused_zip("is compressed in an unusual way")
    if member.file_size > limits.member_bytes:
        raise refused_zip(f"has a part of more than {limits.member_bytes} bytes")
    bound = max(member.compress_size * limits.ratio, SMALL_MEMBER)
    if member.file_size > bound:
        raise refused_zip("is packed suspiciously tight")


def _check_places(stream: BinaryIO, members: list[zipfile.ZipInfo]) -> None:
    """Every part has its own bytes, and its two headers agree."""
    free_from = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < free_from:
            raise refused_zip("has parts that overlap")
        free_from = _end_of(stream, member)


def _end_of(stream: BinaryIO, member: zipfile.ZipInfo) -> int:
    stream.seek(member.header_offset)
    head = stream.read(LOCAL_HEADER.size)
    if len(head) < LOCAL_HEADER.size:
        raise refused_zip("is cut off")
    fields: tuple[int, ...] = LOCAL_HEADER.unpack(head)[1:]
    _, flags, _, _, _, _, packed, size, name_length, extra = fields
    name = stream.read(name_length)
    if name != member.orig_filename.encode("utf-8" if flags & 0x800 else "cp437"):
        raise refused_zip("names a part in two ways")
    is_stated_here = not flags & SIZES_FOLLOW and packed != STATED_ELSEWHERE
    if is_stated_here and (packed, size) != (member.compress_size, member.file_size):
        raise refused_zip("states two sizes for one part")
    return member.header_offset + len(head) + name_length + extra + member.compress_size
