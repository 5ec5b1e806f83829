"""Two files of one position: what it earned, net, and every row of the wallet."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import TradingAccount
from recovery.models import Event
from recovery.services.computing import entries_by_account
from recovery.services.rules import rules_ship

GOLDEN = Path(__file__).parents[1] / "venues" / "golden"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path
    rules_ship()


def imported(*names: str) -> list[dict[str, Any]]:
    said = StringIO()
    files = [str(GOLDEN / name) for name in names]
    call_command("import_file", *files, account="77", json=True, stdout=said)
    return list(json.loads(said.getvalue()))


def test_net_and_gross_files_of_one_position_make_one_event() -> None:
    log, net = imported("bybit.transaction-log.U2.csv", "bybit.closed-pnl.1.csv")
    (event,) = log["events"]
    assert (event["kind"], event["instrument"]) == ("liquidation", "BTCUSDT")
    assert event["started_at"] == "2026-03-01T10:00:01+00:00"
    assert [one["reference"] for one in net["events"]] in ([], [event["reference"]])
    assert net["accepted"] == 2


def test_file_whose_rows_are_all_left_out_gives_no_event() -> None:
    (empty,) = imported("kucoin.futures-pnl.1.broken.csv")
    assert (empty["records"], empty["ignored"], empty["events"]) == (1, 1, [])
    assert empty["first_at"] is None


def test_net_file_alone_makes_the_event() -> None:
    (net,) = imported("bybit.closed-pnl.1.csv")
    assert [one["kind"] for one in net["events"]] == ["liquidation"]


# --- in any order, in parts ---------------------------------------------------------

LOG = (GOLDEN / "bybit.transaction-log.U2.csv").read_text("utf-8").splitlines(True)
NET = (GOLDEN / "bybit.closed-pnl.1.csv").read_text("utf-8").splitlines(True)
API = (GOLDEN / "bybit.transaction-log.API.twin.json").read_text("utf-8")
WHOLE = "".join(LOG)
CLOSED = "".join(NET)
FORCED = [*LOG[:2], *(row for row in LOG[2:] if "LIQUIDATION" in row)]
ORDERS = {
    "wallet, then list": [WHOLE, CLOSED],
    "list, then wallet": [CLOSED, WHOLE],
    "list, then the wallet in halves": [
        CLOSED,
        "".join([*LOG[:2], *LOG[5:]]),
        "".join([*LOG[:2], *LOG[2:6]]),
    ],
    "list, then the wallet shuffled": [CLOSED, "".join([*LOG[:2], *reversed(LOG[2:])])],
    "part of the list, wallet, list": ["".join(NET[:2]), WHOLE, CLOSED],
    "forced rows alone, list, wallet": ["".join(FORCED), CLOSED, WHOLE],
    "answer of the API, list, wallet": [API, CLOSED, WHOLE],
    "wallet, answer of the API, list": [WHOLE, API, CLOSED],
}


@pytest.mark.parametrize("order", ORDERS)
def test_files_of_one_position_end_as_one_event_in_any_order(
    order: str, tmp_path: Path
) -> None:
    references = set()
    for place, text in enumerate(ORDERS[order]):
        path = tmp_path / f"part-{place}.{'json' if text[0] == '{' else 'csv'}"
        path.write_text(text, "utf-8")
        (report,) = imported(str(path))
        assert "refused" not in report
        references |= {one["reference"] for one in report["events"]}
    assert len(references) == 1
    live = Event.objects.filter(active_assessment__isnull=False)
    (event,) = live
    assert event.reference in references
    assert Event.objects.count() == 1
    result = event.active_assessment.results.get()  # type: ignore[union-attr]
    assert (result.asset, result.residual_amount) == ("USDT", Decimal("29.6336"))


def test_event_of_a_list_stays_where_the_wallet_says_nothing_of_it(
    tmp_path: Path,
) -> None:
    """BitMEX's wallet tells one result a day: the forced fill is evidence beside it."""
    wallet = tmp_path / "wallet.csv"
    wallet.write_text(
        "transactTime,transactType,amount,fee,address,transactStatus,walletBalance\n"
        '"27/01/2020, 13:00:00",RealisedPNL,-901137,0,XBTUSD,Completed,98863\n'
        '"13/01/2020, 09:00:00",Deposit,1000000,0,bc1qxy,Completed,1000000\n'
    )
    paths = (str(wallet), str(GOLDEN / "bitmex.trade-history.csv.csv"))
    said = StringIO()
    call_command("import_file", *paths, account="7", zone="UTC", json=True, stdout=said)
    (event,) = Event.objects.filter(active_assessment__isnull=False)
    assert event.instrument == "XBTUSD"
    lines = event.active_assessment.lines.all()  # type: ignore[union-attr]
    assert {line.label for line in lines} == {"opening_balance"}


# --- lists of closed positions and of fills -----------------------------------------

HEAD, LOST, WON = NET
EXECUTIONS = (GOLDEN / "bybit.trade-history.1.csv").read_text("utf-8")
OPENED = "BTCUSDT,Trade,0.1,80000,80000,0.00055,4.4,USDT,,BUY,LIMIT,1,2,"
STILL = "ETHUSDT,Trade,1,3000,3000,0.00055,1.65,USDT,,BUY,LIMIT,3,4,"


@pytest.mark.parametrize("is_list_first", [True, False])
def test_fees_since_the_opening_count_once_beside_a_list_of_closed_positions(
    tmp_path: Path, *, is_list_first: bool
) -> None:
    """The list's row of 1 March 10:00 holds the fee paid two days before it begins."""
    closed, fills = tmp_path / "closed.csv", tmp_path / "fills.csv"
    closed.write_text(HEAD + LOST)
    rows = [f"{STILL}11:00 2026-03-01", f"{OPENED}10:00 2026-02-27"]
    fills.write_text(f"{EXECUTIONS}{rows[0]}\n{rows[1]}\n")
    order = [closed, fills] if is_list_first else [fills, closed]
    imported(*map(str, order))
    (event,) = Event.objects.filter(active_assessment__isnull=False)
    assert event.instrument == "BTCUSDT"
    (account,) = TradingAccount.objects.all()
    ((_, entries),) = entries_by_account([account.pk])
    counted = {
        (one.line.instrument, one.line.operation): one.line.amount for one in entries
    }
    assert counted == {
        ("BTCUSDT", "Liquidation"): Decimal("-408.8024"),
        ("BTCPERP", "Trade"): Decimal("-4.4"),
        ("ETHUSDT", "Trade"): Decimal("-1.65"),
    }
