import pytest

from recovery.sheets.errors import FileRefusedError
from recovery.venues.recognition import recognise
from tests.venues import samples
from tests.venues.conftest import Open

EVERY_LAYOUT = [
    (samples.house(samples.HOUSE_ROW), "house", "house-ledger", "1"),
    (samples.ENGINE, "house", "house-engine-log", "1"),
    (samples.MARKS, "house", "house-mark-prices", "1"),
    (samples.RATES, "house", "house-funding-rates", "1"),
    (samples.kraken(samples.KRAKEN_CASH), "kraken_futures", "account-log", "contract"),
    (samples.kraken_old("u,2019-01-01 00:00:00,flex,x,usd,1,1,,,,,,,,"),
     "kraken_futures", "account-log", "symbol"),
    (samples.bybit_u2(samples.U2_ROW), "bybit", "transaction-log", "U2"),
    (samples.bybit_u1(samples.U1_ROW), "bybit", "transaction-log", "U1"),
    (samples.bybit_d0(samples.D0_ROW), "bybit", "transaction-log", "D0"),
]  # fmt: skip


def refusal(opened: Open, text: str, venue: str = "") -> str:
    with pytest.raises(FileRefusedError) as caught:
        recognise(opened(text), venue=venue)
    return f"{caught.value.code}: {caught.value.reason}"


@pytest.mark.parametrize(("text", "venue", "layout", "generation"), EVERY_LAYOUT)
def test_every_layout_is_recognised_with_full_confidence(
    opened: Open, text: str, venue: str, layout: str, generation: str
) -> None:
    found = recognise(opened(text))
    assert (found.venue, found.layout.code) == (venue, layout)
    assert found.layout.generation == generation
    assert found.score == 100
    assert found.unknown == ()


def test_missing_required_column_is_refused_by_name(opened: Open) -> None:
    text = samples.bybit_u2(samples.U2_ROW).replace("Wallet Balance", "Purse")
    found = refusal(opened, text)
    assert found.startswith(
        "column_missing: This looks like bybit transaction-log (U2)"
    )
    assert "'Wallet Balance'" in found


def test_column_named_twice_is_refused(opened: Open) -> None:
    text = samples.house(samples.HOUSE_ROW).replace("event_id", "Amount ")
    assert refusal(opened, text).startswith("column_twice")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,c\n1,2,3\n", "a, b, c."),
        ("1,2,3\n4,5,6\n", "1, 2, 3."),
        ("account,row_id,amount,balance_after,x\na,1,2,3,4\n", "house-ledger (1)"),
    ],
)
def test_unknown_layout_is_refused_with_what_was_seen(
    opened: Open, text: str, said: str
) -> None:
    found = refusal(opened, text)
    assert found.startswith("unknown_layout")
    assert said in found


def test_announced_kind_decides(opened: Open) -> None:
    text = samples.MARKS.replace("house-mark-prices", "house-ledger")
    assert refusal(opened, text).startswith("unknown_layout")
    assert refusal(opened, samples.MARKS.replace("house-mark-prices", "house-x"))


def test_stated_venue_is_the_only_one_tried(opened: Open) -> None:
    text = samples.bybit_u2(samples.U2_ROW)
    assert recognise(opened(text), venue="bybit").venue == "bybit"
    assert refusal(opened, text, venue="house").startswith("other_venue")


def test_extra_columns_are_drift_and_do_no_harm(opened: Open) -> None:
    text = samples.bybit_u2(samples.U2_ROW + ",x").replace("(UTC)", "(UTC),Note")
    found = recognise(opened(text))
    assert found.has_drift
    assert found.unknown == ("Note",)
    assert found.score == 93
    assert found.runner_up is not None
    assert found.runner_up.layout.generation == "U1"


def test_optional_columns_may_be_missing(opened: Open) -> None:
    found = recognise(opened(samples.kraken(samples.KRAKEN_CASH)))
    assert found.missing == ("exchange rate", "exchange rate from", "conversion fee")


def test_a_single_layout_has_no_runner_up(opened: Open) -> None:
    assert recognise(opened(samples.MARKS)).runner_up is None


def test_file_of_no_use_is_refused_with_what_to_ask_for(opened: Open) -> None:
    text = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
    with pytest.raises(FileRefusedError) as caught:
        recognise(opened(text))
    assert caught.value.code == "other_file"
    assert caught.value.reason == "This looks like the spot trade history of Binance."
    assert "transaction history" in caught.value.remedy


def test_bare_rows_are_recognised_by_their_shapes(opened: Open) -> None:
    row = "1\t7\tUSDT\tCOMMISSION\t-1\t2026-03-01 10:00:00\tBTCUSDT\n"
    found = recognise(opened(row * 3 + "noise\n"))
    assert (found.layout.code, found.layout.generation) == ("balance-log", "bare")
    assert found.score == 75
    assert refusal(opened, "a\tb\tc\td\n" + "noise\n" * 9).startswith("unknown_layout")
