"""What the files say of themselves: manifests, chains, identities, order."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.demo.reading import Row, amount, house_file, sources, venue_rows

HOUSE_KINDS = (
    "house-ledger",
    "house-engine-log",
    "house-mark-prices",
    "house-funding-rates",
)
KRAKEN, BYBIT = "kraken_futures", "bybit"


def sums_of(rows: Iterable[Row], column: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["asset"]] = sums.get(row["asset"], Decimal(0)) + amount(row[column])
    return sums


@pytest.mark.parametrize("kind", HOUSE_KINDS)
def test_house_manifests_agree_with_their_rows(crowd: Path, kind: str) -> None:
    preamble, rows, manifest = house_file(crowd, kind)
    assert preamble == f"#recovery-desk,{kind},1,complete_until=2026-11-16T00:00:00Z"
    assert int(manifest.pop("rows")) == len(rows)
    column = {"house-ledger": "amount", "house-engine-log": "fund_movement"}.get(kind)
    stated = {name[4:]: Decimal(text) for name, text in manifest.items()}
    assert stated == (sums_of(rows, column) if column else {})


@pytest.mark.parametrize("kind", HOUSE_KINDS)
def test_house_rows_are_oldest_first_and_before_the_closing_time(
    crowd: Path, kind: str
) -> None:
    times = [row["time_utc"] for row in house_file(crowd, kind).rows]
    assert times == sorted(times)
    assert times[-1] < "2026-11-16T00:00:00.000Z"


def test_house_balances_chain_for_every_account(crowd: Path) -> None:
    balances: dict[str, Decimal] = {}
    rows = house_file(crowd, "house-ledger").rows
    for row in rows:
        before = balances.get(row["account"], Decimal(0))
        balances[row["account"]] = Decimal(row["balance_after"])
        assert before + Decimal(row["amount"]) == balances[row["account"]]
    assert len({row["row_id"] for row in rows}) == len(rows)


def test_house_positions_chain_and_end_flat(crowd: Path) -> None:
    sizes: dict[tuple[str, str], Decimal] = {}
    for row in house_file(crowd, "house-ledger").rows:
        key = (row["account"], row["instrument"])
        if row["type"] in {"trade", "liquidation", "reduction"}:
            signed = amount(row["quantity"]) * (1 if row["side"] == "buy" else -1)
            sizes[key] = sizes.get(key, Decimal(0)) + signed
        if row["quantity"]:
            assert sizes[key] == Decimal(row["position_after"])
    assert set(sizes.values()) == {Decimal(0)}


def test_engine_log_and_ledger_agree_on_the_fund(crowd: Path) -> None:
    moved: dict[str, Decimal] = {}
    for row in house_file(crowd, "house-engine-log").rows:
        known = moved.get(row["event_id"], Decimal(0))
        moved[row["event_id"]] = known + amount(row["fund_movement"])
    paid: dict[str, Decimal] = {}
    fund_types = {"liquidation_fee", "surplus_taken", "insurance_cover"}
    for row in house_file(crowd, "house-ledger").rows:
        if row["type"] in fund_types:
            known = paid.get(row["event_id"], Decimal(0))
            paid[row["event_id"]] = known - Decimal(row["amount"])
    assert moved == paid


def test_engine_steps_are_numbered_from_one(crowd: Path) -> None:
    steps: dict[str, list[int]] = {}
    for row in house_file(crowd, "house-engine-log").rows:
        steps.setdefault(row["event_id"], []).append(int(row["step"]))
    assert all(found == list(range(1, len(found) + 1)) for found in steps.values())


def test_triggers_have_their_mark_price_on_file(crowd: Path) -> None:
    marks = {
        (row["time_utc"], row["instrument"]): row["mark_price"]
        for row in house_file(crowd, "house-mark-prices").rows
    }
    for row in house_file(crowd, "house-engine-log").rows:
        if row["action"] in {"reduce", "close"}:
            mark = marks[row["time_utc"], row["instrument"]]
            assert mark == row["trigger_mark_price"]


def test_kraken_legs_chain_and_keep_the_row_identity(crowd: Path) -> None:
    for path, source in sources(crowd, KRAKEN):
        assert source["account"] in path.parts
        held: dict[str, Decimal] = {}
        for row in venue_rows(path):
            symbol, change = row["symbol"], Decimal(row["change"])
            held[symbol] = held.get(symbol, Decimal(0)) + change
            assert held[symbol] == Decimal(row["new balance"])
            if row["contract"] and symbol != row["contract"]:
                net = amount(row["realized pnl"]) - amount(row["fee"])
                assert net + amount(row["realized funding"]) == change


def test_kraken_position_leg_is_booked_before_its_cash_leg(crowd: Path) -> None:
    for path, _ in sources(crowd, KRAKEN):
        fills = [row for row in venue_rows(path) if row["trade price"]]
        for position, cash in zip(fills[::2], fills[1::2], strict=True):
            assert position["symbol"] == position["contract"] == cash["contract"]
            assert cash["symbol"] == "usd"
            assert position["trade price"] == cash["trade price"]


def test_bybit_balances_chain_and_changes_are_the_sum_of_their_parts(
    crowd: Path,
) -> None:
    for path, _ in sources(crowd, BYBIT):
        balance = Decimal(0)
        for row in venue_rows(path):
            change = amount(row["Change"])
            parts = amount(row["Cash Flow"]) + amount(row["Funding"])
            assert parts + amount(row["Fee Paid"]) == change
            balance += change
            assert balance == Decimal(row["Wallet Balance"])
            assert len(row["Change"].split(".")[1]) == 20


def test_bybit_says_its_account_in_the_file_or_in_the_list(crowd: Path) -> None:
    layouts = set()
    for path, source in sources(crowd, BYBIT):
        layouts.add(source["generation"])
        first = path.read_text(encoding="utf-8").splitlines()[0]
        if source["generation"] == "U2":
            uid = first.removeprefix("UID: ").split(",")[0]
            assert source["account"] is None
            assert {row["Uid"] for row in venue_rows(path)} == {uid}
        else:
            assert first.startswith("Currency,Contract,Type,")
            assert source["account"] in path.parts
    assert layouts == {"U1", "U2"}


def test_every_file_listed_is_there(crowd: Path) -> None:
    for venue in ("house", KRAKEN, BYBIT):
        assert all(path.is_file() for path, _ in sources(crowd, venue))


def test_some_customers_add_margin_while_the_position_is_open(crowd: Path) -> None:
    sizes: dict[str, Decimal] = {}
    added = 0
    for row in house_file(crowd, "house-ledger").rows:
        if row["position_after"]:
            sizes[row["account"]] = Decimal(row["position_after"])
        if row["type"] == "transfer_in" and sizes.get(row["account"]):
            added += 1
    assert added


def test_no_amount_is_written_with_an_exponent(crowd: Path) -> None:
    columns = ("amount", "balance_after", "quantity", "price", "position_after")
    rows = house_file(crowd, "house-ledger").rows
    assert not any("E" in row[column] for row in rows for column in columns)
