"""Events in rows that tell amounts and no sizes."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from recovery.domain.assessment import EventAssessment, assess_event
from recovery.domain.detection import EventWindow, detect_events
from recovery.domain.history import Entry, gather_items
from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole, Side
from recovery.domain.opening import find_openings, window_asset
from recovery.domain.words import Basis, EventKind
from tests.domain.house_entries import START, found, rules

PNL, FEE, INS = LedgerRole.PNL, LedgerRole.FEE, LedgerRole.INS
XFER, REPAY, SOLD = LedgerRole.XFER, LedgerRole.REPAY, LedgerRole.SOLD
LIQUIDATED, COVERED = EventMarker.LIQUIDATION, EventMarker.COVER


def row(
    role: LedgerRole, amount: str, at: int, name: str = "BTCUSDT", **cells: object
) -> LedgerLine:
    asset = str(cells.pop("asset", "USDT"))
    moment = START + timedelta(seconds=at)
    return LedgerLine(
        at, "A-1", moment, asset, role, str(role), Decimal(amount),
        instrument=name, **cells,  # type: ignore[arg-type]
    )  # fmt: skip


def entries(*lines: LedgerLine) -> list[Entry]:
    return [Entry(at, "file", "house", line) for at, line in enumerate(lines)]


def windows(*lines: LedgerLine, is_marked: bool = True) -> list[EventWindow]:
    return detect_events(gather_items(entries(*lines)), is_marked=is_marked)


def emptied(*lines: LedgerLine) -> list[EventAssessment]:
    """What is made of events that no row names."""
    items = gather_items(entries(*lines))
    events = detect_events(items, is_marked=False)
    openings = find_openings(items, events)
    return [
        assess_event(window, opening, rules())
        for window, opening in zip(events, openings, strict=True)
    ]


def amounts(window: EventWindow) -> list[str]:
    return [str(item.entry.line.amount) for item in window.items]  # type: ignore[union-attr]


# --- nothing invented ---------------------------------------------------------------


def test_row_of_anothers_liquidation_is_no_event_and_part_of_none() -> None:
    other = row(PNL, "5", 9, marker=EventMarker.COUNTERPARTY)
    assert windows(other) == []
    (event,) = windows(other, row(PNL, "-50", 10, marker=LIQUIDATED))
    assert amounts(event) == ["-50"]


def test_cover_without_a_result_beside_it_is_no_event() -> None:
    assert windows(row(INS, "5", 10, marker=COVERED)) == []
    assert windows(row(PNL, "-9", 1), row(INS, "5", 10, marker=COVERED)) == []


def test_row_that_moves_nothing_is_no_event() -> None:
    assert windows(row(LedgerRole.INFO, "0", 10, marker=LIQUIDATED)) == []


def test_own_results_are_no_event_where_rows_say_what_was_forced() -> None:
    lines = [row(XFER, "100", 1, ""), row(PNL, "-100", 10)]
    assert windows(*lines) == []
    assert len(windows(*lines, is_marked=False)) == 1


@pytest.mark.parametrize(
    "after",
    [
        [row(FEE, "-0.1", 400)],  # Traded on.
        [row(LedgerRole.FUND, "0.1", 400)],  # The position was still open.
    ],
)
def test_wallet_that_was_traded_on_was_not_emptied(after: list[LedgerLine]) -> None:
    lines = [row(XFER, "100", 1, ""), row(PNL, "-99.5", 10), *after]
    assert windows(*lines, is_marked=False) == []


def test_wallet_emptied_by_its_owner_is_no_event() -> None:
    lines = [
        row(XFER, "100", 1, ""),
        row(PNL, "-20", 10),
        row(XFER, "-80", 11, ""),
    ]
    assert windows(*lines, is_marked=False) == []


def test_wallet_not_seen_from_its_beginning_proves_nothing() -> None:
    lines = [row(PNL, "-20", 1), row(XFER, "30", 5), row(PNL, "-30", 20)]
    assert windows(*lines, is_marked=False) == []


# --- what belongs together ----------------------------------------------------------


def test_result_fee_and_fund_row_of_one_instant_are_one_event() -> None:
    lines = [
        row(XFER, "500", 1, ""),
        row(PNL, "-3", 7),
        row(PNL, "-250", 10),
        row(FEE, "-1.2", 10),
        row(FEE, "-0.0005", 10, asset="BNB"),
        row(INS, "-2.5", 11, marker=LIQUIDATED),
        row(PNL, "7", 14),
    ]
    (event,) = windows(*lines)
    assert amounts(event) == ["-250", "-1.2", "-0.0005", "-2.5"]
    assert (event.kind, event.instrument) == (EventKind.LIQUIDATION, "BTCUSDT")
    assert event.position_before is event.position_after is None


def test_order_of_rows_inside_the_instant_does_not_matter() -> None:
    lines = [
        row(PNL, "-250", 10),
        row(FEE, "-1.2", 10),
        row(INS, "-2.5", 10, marker=LIQUIDATED),
        row(INS, "1", 10, marker=COVERED),
    ]
    for seed in range(12):
        mixed = random.Random(seed).sample(lines, len(lines))
        (event,) = windows(row(XFER, "260", 1, ""), *mixed)
        assert sorted(amounts(event)) == sorted(str(line.amount) for line in lines)


def test_instruments_of_one_instant_are_events_of_their_own() -> None:
    names = [f"C{number}USDT" for number in range(12)]
    lines = [row(INS, "-1", 10, name, marker=LIQUIDATED) for name in names]
    results = [row(PNL, "-9", 10, name) for name in names]
    events = windows(*lines, *results)
    assert sorted(event.instrument for event in events) == sorted(names)


def test_steps_of_a_ladder_are_one_event_and_a_later_one_is_another() -> None:
    events = windows(
        row(PNL, "-10", 10, marker=EventMarker.REDUCTION),
        row(PNL, "-10", 40, marker=EventMarker.REDUCTION),
        row(PNL, "-10", 400, marker=LIQUIDATED),
    )
    assert [event.kind for event in events] == [
        EventKind.POSITION_REDUCTION,
        EventKind.LIQUIDATION,
    ]
    assert [len(event.items) for event in events] == [2, 1]


def test_forced_sales_of_the_same_minute_belong_to_a_forced_repayment() -> None:
    (event,) = windows(
        row(SOLD, "-0.1", 10, "", asset="ETH"),
        row(LedgerRole.BOUGHT, "51.2", 10, ""),
        row(REPAY, "-50.01", 40, "", marker=LIQUIDATED),
    )
    assert len(event.items) == 3


def test_fund_row_joins_the_event_of_the_fills() -> None:
    (event,) = windows(
        row(PNL, "-9", 10, marker=LIQUIDATED, side=Side.SELL, quantity=Decimal(1)),
        row(INS, "-1", 11, "", marker=LIQUIDATED),
    )
    assert len(event.forced) == 1
    assert len(event.items) == 2


def test_marked_row_without_an_instrument_joins_the_fills_of_its_minute() -> None:
    fill = row(PNL, "-9", 10, marker=LIQUIDATED, side=Side.SELL, quantity=Decimal(1))
    (event,) = windows(fill, row(LedgerRole.CONV, "-2", 16, "", marker=LIQUIDATED))
    assert len(event.forced) == 1
    assert len(event.items) == 2
    named = row(LedgerRole.CONV, "-2", 16, marker=LIQUIDATED)
    later = row(LedgerRole.CONV, "-2", 99, "", marker=LIQUIDATED)
    assert [len(windows(fill, other)) for other in (named, later)] == [2, 2]


def test_cover_beside_an_unmarked_result_is_an_event() -> None:
    (event,) = windows(
        row(PNL, "-254.75", 10, ""),
        row(FEE, "-1.25", 10, ""),
        row(INS, "4.75", 11, "", marker=COVERED),
    )
    assert event.kind == EventKind.LIQUIDATION
    assert len(event.items) == 3


# --- what is made of it -------------------------------------------------------------


def test_nothing_of_such_an_event_is_called_wrong_or_proved() -> None:
    lines = [
        row(XFER, "500", 1, ""),
        row(PNL, "-250", 10),
        row(FEE, "-1.2", 10),
        row(INS, "-2.5", 10, marker=LIQUIDATED),
    ]
    ((_, opening, assessment),) = found(entries(*lines))
    assert opening.balance == Decimal(500)
    assert assessment.residual == assessment.received == Decimal("246.3")
    assert assessment.variance == 0
    assert assessment.verified_share < 1
    rows = {line.label: line for line in assessment.lines}
    assert set(rows) == {
        "opening_balance",
        "realised_pnl",
        "trading_fee",
        "surplus_taken",
    }
    assert rows["realised_pnl"].basis == Basis.NOT_VERIFIABLE
    assert "without sizes" in rows["realised_pnl"].note


def test_event_of_an_instrument_nobody_wrote_down_is_shown_as_recorded() -> None:
    fill = {"side": Side.SELL, "quantity": Decimal(1), "price": Decimal(90)}
    lines = [
        row(XFER, "50", 1, ""),
        row(PNL, "0", 5, "NEWUSDT", side=Side.BUY, quantity=Decimal(1), price=Decimal(100)),
        row(PNL, "-10", 10, "NEWUSDT", marker=LIQUIDATED, **fill),
    ]  # fmt: skip
    ((_, _, assessment),) = found(entries(*lines))
    assert assessment.variance == 0
    assert "NEWUSDT" in assessment.lines[1].note


def test_money_that_comes_in_later_proves_that_the_wallet_was_empty() -> None:
    lines = [row(XFER, "100", 1, ""), row(PNL, "0", 2), row(PNL, "-100", 10)]
    (event,) = windows(*lines, row(XFER, "50", 500, ""), is_marked=False)
    assert amounts(event) == ["-100"]
    later = [row(XFER, "50", 500, ""), row(PNL, "-50", 900)]
    assert len(windows(*lines, *later, is_marked=False)) == 2


def test_forced_fill_that_empties_the_wallet_is_one_event_not_two() -> None:
    size = {"side": Side.SELL, "quantity": Decimal(1)}
    (event,) = windows(
        row(XFER, "100", 1, ""),
        row(PNL, "-100", 10, marker=LIQUIDATED, **size),
        is_marked=False,
    )
    assert len(event.forced) == 1


def test_event_that_rows_name_takes_only_rows_that_name_it() -> None:
    named = {"side": Side.SELL, "quantity": Decimal(1), "event_reference": "EV-1"}
    (event,) = windows(
        row(PNL, "-9", 10, marker=LIQUIDATED, **named),
        row(INS, "-1", 11, "", marker=LIQUIDATED),
    )
    assert (event.reference, len(event.items)) == ("EV-1", 1)


def test_asset_is_that_of_the_only_row_where_none_settles() -> None:
    (event,) = windows(row(FEE, "-1", 10, asset="USDC", marker=LIQUIDATED))
    assert window_asset(event) == "USDC"


def test_emptied_wallet_says_that_no_row_names_a_liquidation() -> None:
    (told,) = emptied(
        row(XFER, "100", 1, ""), row(PNL, "-80", 10), row(PNL, "-20", 10, "ETHUSDT")
    )
    lines = {line.label: line for line in told.lines}
    assert "no row names a liquidation" in lines["realised_pnl"].note
    assert lines["other_position"].recorded == Decimal(-20)
    assert told.variance == 0
