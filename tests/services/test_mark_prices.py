"""A scope of several positions is computed by the mark prices told at its instants."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recovery.domain.rulebook import RuleBook
from recovery.models import Event, Provenance, SourceFile, SourceFileState
from recovery.services.mark_prices import (
    MARK_AGE,
    accounts_waiting_for_marks,
    rules_marked,
)
from recovery.services.receipts import receipt_check
from recovery.services.rules import RuleLoader, rules_ship
from tests.story import HouseAccount, bring_in, clean_ledger, write_ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules(settings: Any, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "files"
    rules_ship()


def two_positions() -> HouseAccount:
    """Long BTC and ETH; BTC is liquidated at 20 from 16:00:06 on."""
    account = HouseAccount("A-1", [])
    account.open_position()
    trade = {"instrument": "ETHUSDT", "side": "buy", "quantity": "10", "price": "50"}
    account.add("trade", "0", order_id="O-9", position_after="10", **trade)
    account.add("trading_fee", "-0.25", order_id="O-9", **trade)
    account.liquidate("20", "0.1")
    return account


def marks(folder: Path, *rows: str, sent_by: str = "house") -> SourceFile:
    path = folder / f"marks-{SourceFile.objects.count()}.csv"
    lines = [
        "#recovery-desk,house-mark-prices,1",
        "time_utc,instrument,mark_price",
        *(f"2026-10-10T16:{row}" for row in rows),
        f"#manifest,rows={len(rows)}\n",
    ]
    path.write_text("\n".join(lines))
    return bring_in(path, Provenance(sent_by))


def ledger(folder: Path, account: HouseAccount) -> Event:
    bring_in(write_ledger(folder / f"{account.number}.csv", [account]))
    return Event.objects.get(account__number=account.number)


def marks_of(event: Event) -> list[list[str]]:
    event.refresh_from_db()
    active = event.active_assessment
    assert active is not None
    assert receipt_check(event).agrees
    return list(json.loads(active.receipt).get("marks", []))


BTC, ETH = "00:05.900Z,BTCUSDT,21", "00:06.000Z,ETHUSDT,48"
TOLD = [
    ["BTCUSDT", "2026-10-10T16:00:05.900000+00:00", "21"],
    ["ETHUSDT", "2026-10-10T16:00:06+00:00", "48"],
]


@pytest.mark.parametrize("row", ["00:06.001Z,ETHUSDT,48", "00:05.000Z,SOLUSDT,9"])
def test_marks_of_other_instants_and_instruments_are_not_taken(
    tmp_path: Path, row: str
) -> None:
    marks(tmp_path, row)
    assert marks_of(ledger(tmp_path, two_positions())) == []


def test_a_mark_older_than_a_minute_is_no_price_of_the_instant(tmp_path: Path) -> None:
    marks(tmp_path, "01:00.000Z,BTCUSDT,1", "00:59.999Z,ETHUSDT,1")
    at = datetime(2026, 10, 10, 16, 2, tzinfo=UTC)
    book = RuleLoader().venue_book("house")
    asked = [{"BTCUSDT": at, "ETHUSDT": at}, {}]
    first, second = rules_marked(book, "house", asked)
    assert first.marks == {"BTCUSDT": [(at - MARK_AGE, Decimal(1))]}
    assert second is book
    assert accounts_waiting_for_marks("house", None, None) == []


def test_marks_a_customer_states_are_refused(tmp_path: Path) -> None:
    file = marks(tmp_path, BTC, sent_by="customer_supplied")
    assert file.state == SourceFileState.REFUSED
    assert file.refusal == "What a customer says of mark prices proves nothing."


def test_a_scope_of_one_position_asks_for_no_marks(
    tmp_path: Path, django_assert_num_queries: Any
) -> None:
    marks(tmp_path, BTC, ETH)
    assert marks_of(ledger(tmp_path, clean_ledger("A-2"))) == []
    with django_assert_num_queries(0):
        rules_marked(RuleBook((), (), (), {}), "house", [{}, {}])


@pytest.mark.parametrize("is_price_first", [True, False])
def test_marks_of_the_event_are_taken_whichever_came_first(
    tmp_path: Path, *, is_price_first: bool
) -> None:
    """And the receipt states them, so that it can be recomputed."""
    if is_price_first:
        marks(tmp_path, BTC, ETH)
    event = ledger(tmp_path, two_positions())
    if not is_price_first:
        assert marks_of(event) == []
        marks(tmp_path, BTC, ETH)
    assert marks_of(event) == TOLD
