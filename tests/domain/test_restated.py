from datetime import UTC, datetime, timedelta
from decimal import Decimal

from recovery.domain.history import Entry
from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole
from recovery.domain.restated import Restating, told_once

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NET = {"net": frozenset({"log", "a", "b"})}


def entry(number: int, file: str, minutes: int) -> Entry:
    line = LedgerLine(
        row_number=number, account="7", occurred_at=NOON + timedelta(minutes=minutes),
        asset="USDT", role=LedgerRole.PNL, operation="x", amount=Decimal(number),
    )  # fmt: skip
    return Entry(number, file, "house", line)


def numbers(entries: list[Entry], restating: Restating = NET) -> list[int]:
    return [one.id for one in told_once(entries, restating)]


def test_restating_rows_do_not_count_where_the_wallet_covers_them() -> None:
    entries = [entry(1, "log", 0), entry(2, "net", 30), entry(3, "log", 60)]
    assert numbers(entries) == [1, 3]


def test_restating_rows_count_outside_what_the_wallet_covers() -> None:
    entries = [entry(1, "log", 0), entry(2, "log", 60), entry(3, "net", 62)]
    assert numbers(entries) == [1, 2, 3]
    assert numbers([entry(1, "net", 0), entry(2, "net", 1)]) == [1, 2]


def test_minute_of_a_list_of_positions_is_covered() -> None:
    entries = [entry(1, "log", 0), entry(2, "net", 1), entry(3, "net", -1)]
    assert numbers(entries) == [1]


def test_hole_between_two_files_of_the_wallet_is_not_covered() -> None:
    entries = [entry(1, "a", 0), entry(2, "b", 600), entry(3, "net", 300)]
    assert numbers(entries) == [1, 2, 3]


def test_nothing_is_dropped_where_no_file_restates() -> None:
    entries = [entry(1, "log", 0), entry(2, "net", 0)]
    assert numbers(entries, {}) == [1, 2]


def forced(number: int, file: str, minutes: int) -> Entry:
    told = entry(number, file, minutes)
    return told._replace(line=told.line._replace(marker=EventMarker.LIQUIDATION))


def test_forced_close_the_wallet_does_not_name_stays_without_its_money() -> None:
    wallet = [entry(1, "log", 0), entry(2, "log", 60)]
    *_, kept = told_once([*wallet, forced(3, "net", 30)], NET)
    assert (kept.id, kept.line.amount, kept.line.role) == (3, 0, LedgerRole.INFO)


def test_forced_close_the_wallet_names_itself_is_told_once() -> None:
    wallet = [entry(1, "log", 0), forced(2, "log", 30), entry(3, "log", 60)]
    assert numbers([*wallet, forced(4, "net", 30)]) == [1, 2, 3]
