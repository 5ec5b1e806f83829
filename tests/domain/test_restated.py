from datetime import UTC, datetime, timedelta
from decimal import Decimal

from recovery.domain.history import Entry
from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole, Side
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


# --- lists of closed positions ------------------------------------------------------

FILLS = {"fills": frozenset({"list", "log"}), "list": frozenset({"log"})}
BUY, SELL, HELD = Side.BUY, Side.SELL, Side.NONE


def fill(
    number: int, minutes: int, side: Side, quantity: int, instrument: str = "X"
) -> Entry:
    told = entry(number, "fills", minutes)
    line = told.line._replace(
        side=side, quantity=Decimal(quantity), instrument=instrument
    )
    return told._replace(line=line)


def close(number: int, minutes: int, instrument: str = "X") -> Entry:
    told = forced(number, "list", minutes)
    return told._replace(line=told.line._replace(instrument=instrument))


def counted(*entries: Entry) -> list[int]:
    return [one.id for one in told_once(entries, FILLS, frozenset({"list"}))]


def test_fees_since_the_opening_are_told_by_the_list_of_closed_positions() -> None:
    opened = [fill(1, -600, BUY, 2), fill(2, -500, BUY, 1), fill(3, -400, HELD, 3)]
    assert counted(*opened, close(4, 0), fill(5, 0, SELL, 3)) == [4]


def test_size_a_row_of_funding_states_moves_no_position() -> None:
    paid = fill(2, -500, SELL, 2)
    paid = paid._replace(line=paid.line._replace(role=LedgerRole.FUND))
    assert counted(fill(1, -600, BUY, 2), paid, close(3, 0)) == [3]


def test_fees_of_a_position_that_ended_before_the_list_count() -> None:
    earlier = [fill(1, -900, BUY, 2), fill(2, -800, SELL, 2), fill(3, -700, HELD, 0)]
    assert counted(*earlier, fill(4, -600, SELL, 1), close(5, 0)) == [1, 2, 3, 5]


def test_fill_that_turns_a_position_round_opens_the_next() -> None:
    turned = [fill(1, -900, BUY, 2), fill(2, -800, SELL, 5)]
    assert counted(*turned, close(3, 0)) == [1, 3]


def test_fees_of_a_position_that_is_still_open_count() -> None:
    others = [close(3, 0, "Y"), close(4, 90, "Y")]
    assert counted(fill(1, -5, BUY, 2), close(2, 0), *others, fill(5, 30, BUY, 1)) == [
        2, 3, 4, 5,
    ]  # fmt: skip


def test_fees_of_an_instrument_the_list_does_not_tell_count() -> None:
    told = [close(1, 0, "Y"), fill(2, 10, BUY, 1), close(3, 60, "Y")]
    assert counted(*told) == [1, 2, 3]


def test_forced_fill_of_a_closed_position_is_no_second_event() -> None:
    sold = fill(2, 0, SELL, 2)
    sold = sold._replace(line=sold.line._replace(marker=EventMarker.LIQUIDATION))
    assert counted(fill(1, -600, BUY, 2), close(3, 0), sold) == [3]


def test_list_that_the_wallet_covers_tells_nothing_itself() -> None:
    log = [entry(1, "log", -60), forced(2, "log", 0), entry(3, "log", 60)]
    assert counted(fill(5, -90, BUY, 2), *log, close(4, 0)) == [1, 2, 3]
