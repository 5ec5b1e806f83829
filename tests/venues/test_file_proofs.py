from pathlib import Path

import pytest

from recovery.sheets.open_source import open_source
from recovery.venues.file_proofs import FileProofs
from recovery.venues.interpretation import Interpreter
from recovery.venues.recognition import recognise
from tests.venues.samples import U2_HEADER, house

PREAMBLE = "UID: 77,Company Name: ,Country: \n"


def told(folder: Path, text: str, *, kept: int = 50, **given: str) -> list[str]:
    path = folder / "f.csv"
    path.write_text(text, encoding="utf-8", newline="")
    source = open_source(path)
    interpreter = Interpreter(recognise(source), **given)
    proofs = FileProofs(interpreter.recognition.layout, kept)
    outcomes = list(proofs.watched(interpreter.interpret_all(source.records())))
    assert len(outcomes) == len(list(source.records()))
    return proofs.told()


def row(balance: str, change: str, time: str, kind: str = "TRANSFER_IN") -> str:
    funding = change if kind == "SETTLEMENT" else "0"
    cash = "0" if kind == "SETTLEMENT" else change
    return (
        f"77,USDT,BTCUSDT,{kind},--,--,--,--,{funding},0,{cash},{change},{balance},"
        f"--,2026-03-{time}\n"
    )


def log(*rows: str) -> str:
    return PREAMBLE + U2_HEADER + "\n" + "".join(rows)


NEWEST_FIRST = [
    row("12", "2", "03 00:00:00"), row("15", "5", "02 00:00:00"),
    row("5", "5", "01 00:00:00"),
]  # fmt: skip


def test_gap_in_the_balances_is_told_with_its_rows(tmp_path: Path) -> None:
    (gap, other) = told(tmp_path, log(*NEWEST_FIRST))
    assert gap == (
        "Between rows 5 and 4, account 77: the balance moves by 5 USDT without a row."
    )
    assert "by -5 USDT" in other


def test_file_somebody_has_turned_round_is_read_in_its_own_order(
    tmp_path: Path,
) -> None:
    same = [row("5", "5", "01 00:00:00"), row("7", "2", "01 00:00:00")]
    after = row("8", "1", "02 00:00:00")
    assert told(tmp_path, log(*same, after)) == []
    assert told(tmp_path, log(after, *reversed(same))) == []


@pytest.mark.parametrize(
    ("zone", "words"),
    [("", []), ("+02:00", ["2 hours before"]), ("-03:00", ["3 hours after"])],
)
def test_zone_against_the_hours_of_funding_is_told(
    tmp_path: Path, zone: str, words: list[str]
) -> None:
    rows = [row(str(-n), "-1", f"0{n} 08:00:00", "SETTLEMENT") for n in range(5, 0, -1)]
    found = told(tmp_path, log(*rows), zone=zone)
    assert [
        text[len("Funding rows stand ") :][: len(words[0])] for text in found
    ] == words


LEDGERS = "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n"


@pytest.mark.parametrize(("amount", "told_of"), [("5", 0), ("6", 1)])
def test_one_id_with_two_amounts_is_told(
    tmp_path: Path, amount: str, told_of: int
) -> None:
    row = "L1,D1,2026-01-01 10:00:00,deposit,,currency,ZUSD,{},0,\n"
    text = LEDGERS + row.format("5") + row.format(amount)
    found = [one for one in told(tmp_path, text, account="7") if "carry one id" in one]
    assert len(found) == told_of
    assert all(one.startswith("Rows 2 and 3 carry one id, L1") for one in found)


def test_many_gaps_are_counted(tmp_path: Path) -> None:
    rows = [row(str(9 * n), "1", f"01 00:00:{n:02}") for n in range(30, 0, -1)]
    found = told(tmp_path, log(*rows))
    assert len(found) == 21
    assert found[-1] == "9 more gaps in the balances."


def test_file_too_long_to_keep_is_said_to_be_unproven(tmp_path: Path) -> None:
    (words,) = told(tmp_path, log(*NEWEST_FIRST), kept=2)
    assert words.startswith("More than 2 rows")


HOUSE_ROWS = (
    "A1,R1,2026-10-10T00:00:00.125Z,USDT,1,5,deposit,,,,,,,",
    "A2,R1,2026-10-10T00:00:00.130Z,USDT,7,7,deposit,,,,,,,",
    "A1,R2,2026-10-10T00:00:01.000Z,USDT,1,6,deposit,,,,,,,",
    "A2,R2,2026-10-10T00:00:01.000Z,USDT,1,8.5,deposit,,,,,,,",
)


def test_gap_in_a_file_of_the_house_is_told_beside_its_manifest(tmp_path: Path) -> None:
    """Rows of two accounts between each other have balances of their own."""
    assert told(tmp_path, house(*HOUSE_ROWS)) == [
        "Between rows 4 and 6, account A2: the balance moves by 0.5 USDT without a row."
    ]


def test_file_of_the_house_too_long_to_keep_has_its_manifest(tmp_path: Path) -> None:
    assert told(tmp_path, house(*HOUSE_ROWS), kept=2) == []
