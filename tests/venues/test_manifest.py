from datetime import UTC, datetime
from decimal import Decimal

import pytest

from recovery.sheets.errors import FileRefusedError
from recovery.venues.manifest import Manifest, check_manifest, read_manifest
from tests.venues.conftest import Open
from tests.venues.samples import (
    HOUSE_PREAMBLE,
    HOUSE_ROW,
    MARKS,
    U2_ROW,
    bybit_u2,
    house,
)

TRAILER = "#manifest,rows=1,sum:USDT=-12.5"


def manifest_of(opened: Open, text: str) -> Manifest | None:
    source = opened(text)
    list(source.records())
    return read_manifest(source)


def test_manifest_is_read(opened: Open) -> None:
    assert manifest_of(opened, house(HOUSE_ROW, trailer=TRAILER)) == Manifest(
        kind="house-ledger",
        version="1",
        complete_until=datetime(2026, 11, 1, tzinfo=UTC),
        rows=1,
        sums={"USDT": Decimal("-12.5")},
    )


def test_files_that_announce_nothing_have_no_manifest(opened: Open) -> None:
    assert manifest_of(opened, bybit_u2(U2_ROW)) is None
    assert manifest_of(opened, house(HOUSE_ROW, preamble="#something,else")) is None


@pytest.mark.parametrize(
    "trailer",
    [
        "#end,rows=1",
        "#manifest,rows=one",
        "#manifest,sum:USDT=much",
        "#manifest,colour=red",
    ],
)
def test_control_line_that_is_not_understood_is_refused(
    opened: Open, trailer: str
) -> None:
    with pytest.raises(FileRefusedError):
        manifest_of(opened, house(HOUSE_ROW, trailer=trailer))


@pytest.mark.parametrize(
    "preamble",
    [
        "#recovery-desk,house-ledger,2",
        "#recovery-desk",
        "#recovery-desk,house-ledger,1,complete_until=soon",
    ],
)
def test_announcement_that_is_not_understood_is_refused(
    opened: Open, preamble: str
) -> None:
    with pytest.raises(FileRefusedError):
        manifest_of(opened, house(HOUSE_ROW, preamble=preamble))


def test_agreeing_totals_say_nothing(opened: Open) -> None:
    manifest = manifest_of(opened, house(HOUSE_ROW, trailer=TRAILER))
    assert manifest
    assert check_manifest(manifest, 1, {"USDT": Decimal("-12.50")}) == []
    prices = manifest_of(opened, MARKS)
    assert prices
    assert check_manifest(prices, 1, {}) == []


def test_contradictions_are_named_exactly(opened: Open) -> None:
    manifest = manifest_of(opened, house(HOUSE_ROW, trailer=TRAILER))
    assert manifest
    sums = {"USDT": Decimal("-12.4"), "USDC": Decimal(1)}
    assert check_manifest(manifest, 2, sums) == [
        "The manifest counts 1 rows, the file holds 2.",
        "The manifest states 0 USDC, the rows add up to 1: 1 apart.",
        "The manifest states -12.5 USDT, the rows add up to -12.4: 0.1 apart.",
    ]


def test_missing_control_line_is_a_contradiction(opened: Open) -> None:
    preamble = HOUSE_PREAMBLE.rpartition(",")[0]
    manifest = manifest_of(opened, house(HOUSE_ROW, preamble=preamble))
    assert manifest
    assert manifest.complete_until is None
    assert "cut off" in check_manifest(manifest, 1, {})[0]
