"""Spoilt source files are refused in our own words, whatever was spoilt."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from recovery.domain.errors import RecoveryError
from recovery.sheets.open_source import open_source
from recovery.sheets.records import SourceKind
from tests.sheets.workbooks import HEADER, pack, parts, prices, sheet, text_row

ROW = ("2026-10-10T00:00:00.000Z", "BTCUSDT", "60000.5")
ROWS = [text_row(number, *ROW) for number in range(2, 9)]
TEXT = "\n".join(["#desk,x", ",".join(HEADER), *[",".join(ROW)] * 8, "#manifest", ""])
STRAY = [
    b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"#", b"9" * 70,
    b'<c r="XFD9"/>', b'<row r="999999">', b"<f>1</f>", b' t="e"', b"1e999",
    b"<!--x-->", b"<![CDATA[",
]  # fmt: skip


def spoilt(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(changed))
        kind = rng.randrange(4)
        if kind == 0:
            changed[at] = rng.randrange(256)
        elif kind == 1:
            del changed[at : at + rng.randrange(1, 30)]
        elif kind == 2:
            changed[at:at] = rng.choice(STRAY)
        else:
            changed[at:at] = changed[at : at + rng.randrange(1, 30)]
        changed = changed or bytearray(b" ")
    return bytes(changed)


def spoilt_container(path: Path, rng: Random) -> None:
    path.write_bytes(spoilt(prices(path, *ROWS).read_bytes(), rng))


def spoilt_part(path: Path, rng: Random) -> None:
    content = parts(sheet(text_row(1, *HEADER), *ROWS))
    name = rng.choice([*content, *["xl/worksheets/sheet1.xml"] * 6])
    pack(path, {**content, name: spoilt(content[name].encode(), rng)})


def spoilt_text(path: Path, rng: Random) -> None:
    path.write_bytes(spoilt(TEXT.encode(), rng))


@pytest.mark.parametrize("spoil", [spoilt_container, spoilt_part, spoilt_text])
def test_spoilt_file_is_read_or_refused(
    tmp_path: Path, spoil: Callable[[Path, Random], None]
) -> None:
    rng, path = Random(20261010), tmp_path / "spoilt"
    refused = 0
    for _ in range(250):
        spoil(path, rng)
        try:
            source = open_source(path)
            assert all(one.number > 0 for one in source.records())
        except RecoveryError:
            refused += 1
    assert refused > 20
    assert open_source(prices(path, *ROWS)).kind is SourceKind.XLSX
