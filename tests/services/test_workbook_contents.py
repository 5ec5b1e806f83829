"""What stands in the sheets: rows, exact texts, earlier instants, hostile names."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from recovery.models import Break, Event, Payment
from recovery.services import workbook_writing
from tests.services import workbook_desk as desk
from tests.services import workbook_engines as engines

pytestmark = pytest.mark.django_db(transaction=True)
DATA = ("Liquidations", "Breaks", "Imports", "Payouts", "Unclaimed")


def opened(path: Path) -> Any:
    return openpyxl.load_workbook(path, data_only=True)


@pytest.fixture
def book(tmp_path: Path) -> Any:
    desk.desk()
    desk.write(tmp_path / "book.xlsx")
    return opened(tmp_path / "book.xlsx")


def line(book: Any, sheet: str, **wanted: str) -> dict[str, Any]:
    rows = engines.table(book[sheet])
    return next(row for row in rows if wanted.items() <= row.items())


def test_sheets_stand_in_reading_order(book: Any) -> None:
    assert book.sheetnames == ["README", "TieOut", *DATA]
    for name in DATA:
        assert book[name].freeze_panes == "B2"
        assert book[name].auto_filter.ref.startswith("A1:")


def test_liquidation_shows_amounts_and_what_proves_them(book: Any) -> None:
    row = line(book, "Liquidations", Event="EV-FEE")
    event = Event.objects.get(reference="EV-FEE")
    assert event.active_assessment
    shown = {
        "Platform event id": "HE-1",
        "Venue": "house",
        "Account": "A-1",
        "Kind": "liquidation",
        "Started at (UTC)": "2026-09-01T09:00:00.000Z",
        "Opening balance": 40,
        "Realised result": -28,
        "Trading fee": -1.5,
        "Liquidation fee": -0.5,
        "Expected residual": 10,
        "Received": 6.9,
        "Variance": -3.1,
        "Variance, exact": "-3.1",
        "Break state": "open",
        "Verified share": 0.75,
        "Position before": "2",
        "Receipt SHA-256": event.active_assessment.digest,
    }
    assert {name: row[name] for name in shown} == shown


def test_event_without_assessment_has_no_amounts(book: Any) -> None:
    row = line(book, "Liquidations", Event="EV-WAITING")
    assert (row["Break state"], row["Variance"]) == ("not assessed", None)


def test_break_shows_its_parts_age_and_case(book: Any) -> None:
    row = line(book, "Breaks", Event="EV-FEE")
    shown = {
        "Reason": "FEE_VARIANCE",
        "Class": "break",
        "State": "open",
        "Age, days": 5,
        "Age bucket, days": "2-7",
        "Of it fee": -2.9,
        "Of it funding": -0.2,
        "Of it missing": None,
        "Parts less variance (must be 0)": 0,
        "Parts, exact": "FEE_VARIANCE -2.9; FUNDING_VARIANCE -0.2",
    }
    assert {name: row[name] for name in shown} == shown
    assert row["Case"].startswith("RC-")
    assert line(book, "Breaks", Event="EV-MISSING")["Age bucket, days"] == "90+"
    states = {row["Event"]: row["State"] for row in engines.table(book["Breaks"])}
    assert states == {
        "EV-FEE": "open",
        "EV-MISSING": "open",
        "EV-FUND": "explained",
        "EV-RESOLVED": "resolved",
        "EV-DEFICIT": "explained",
    }


def test_payment_names_the_people_and_hides_the_destination(book: Any) -> None:
    [row] = engines.table(book["Payouts"])
    assert (row["Proposed by"], row["Approved by"]) == ("mona", "kurt")
    assert (row["Batch built by"], row["Batch released by"]) == ("mona", "rolf")
    assert (row["Status"], row["Amount, exact"], row["Net"]) == ("sent", "3.1", 3.1)
    assert row["Destination, masked"] == "tron TXYZ12…cdef"
    payment = Payment.objects.get()
    assert row["Approved content SHA-256"] == payment.content_digest
    assert "TXYZ1234567890abcdef" not in str(list(book["Payouts"].values))


def test_import_accounts_for_every_record(book: Any) -> None:
    row = line(book, "Imports", **{"Source file": "house-ledger.csv"})
    assert (row["Records"], row["Accepted"], row["Check (must be 0)"]) == (3, 3, 0)
    assert row["SHA-256"] == desk.sha("house-ledger.csv")


def test_refused_file_is_listed_with_its_reason(tmp_path: Path) -> None:
    desk.source_file(
        "bad.xlsx", state="refused", refusal="=" + "x" * 40_000, loaded_at=None,
        records=9, manifest=None, sums={},
    )  # fmt: skip
    assert desk.write(tmp_path / "book.xlsx").is_tied
    row = line(opened(tmp_path / "book.xlsx"), "Imports", State="refused")
    assert row["Refusal"].startswith("40001 characters: too long")
    assert row["Check (must be 0)"] == 0


def test_anyone_can_repeat_the_digest_of_the_rows(book: Any) -> None:
    digest = hashlib.sha256()
    numbers = (
        "no.",
        "Age, days",
        "Records",
        "Accepted",
        "Duplicate",
        "Ignored",
        "Rejected",
    )
    for name in DATA:
        rows = list(book[name].values)
        digest.update(_line([name]))
        kept = [
            at
            for at, header in enumerate(rows[0])
            if any(isinstance(row[at], str) for row in rows[1:])
            or header.endswith(numbers)
            or all(row[at] is None for row in rows[1:])
        ]
        exact = {
            "Liquidations": ["Funding", "Fund movement", "Other lines"],
            "Breaks": ["Of it price", "Of it short or over", "Of it other"],
        }.get(name, [])
        for row in rows[1:]:
            digest.update(
                _line(
                    ["" if row[at] is None else row[at]
                     for at in kept if rows[0][at] not in exact]
                )
            )  # fmt: skip
    told = {row[0]: row[1] for row in book["README"].values if row[0]}
    assert told["SHA-256 of the data rows"] == digest.hexdigest()


def _line(values: list[Any]) -> bytes:
    return (
        json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    )


def test_earlier_instant_shows_what_was_known_then(tmp_path: Path) -> None:
    now = timezone.now()
    event = desk.event("EV-1")
    early = desk.Amounts("10", "9", "0", "FEE_VARIANCE", (("FEE_VARIANCE", "-1"),))
    desk.broken(desk.assessed(event, early, at=now - timedelta(days=9)), "open")
    later = desk.assessed(event, desk.Amounts("9", "9"), at=now - timedelta(days=2))
    Break.objects.update(
        result=later,
        state="resolved",
        variance_amount=0,
        opened_at=now - timedelta(days=9),
        changed_at=now - timedelta(days=2),
    )
    assert desk.write(tmp_path / "then.xlsx", now - timedelta(days=5)).is_tied
    assert desk.write(tmp_path / "now.xlsx", now).is_tied
    then = line(opened(tmp_path / "then.xlsx"), "Breaks", Event="EV-1")
    today = line(opened(tmp_path / "now.xlsx"), "Breaks", Event="EV-1")
    assert (then["State"], then["Variance"], then["Age, days"]) == ("open", -1, 4)
    assert (today["State"], today["Variance"], today["Age, days"]) == ("resolved", 0, 9)
    compared = [row[8] for row in opened(tmp_path / "then.xlsx")["TieOut"].values]
    assert "changed later" in compared
    assert desk.write(tmp_path / "never.xlsx", now - timedelta(days=99)).rows == 0


HOSTILE = [
    '=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "\uff1d1",
    "-", "#REF!", "00123", "1E5", "_x0041_", "<b>&\"'", "a\u0001b",
]  # fmt: skip


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    for at, name in enumerate(HOSTILE):
        event = desk.event(f"EV-{at}", instrument=name, account=desk.account(name))
        desk.assessed(event, desk.Amounts())
        desk.source_file(name, "1")
    assert desk.write(tmp_path / "book.xlsx").is_tied
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    for row, name in enumerate(HOSTILE, start=2):
        shown = name.replace("_x0041_", "_x005F_x0041_")
        shown = shown.replace("\u0001", "_x0001_").replace("\r", "_x000D_")
        is_forced = name[0] in "=+-@\t\r\uff1d" and name != "-"
        events = book["Liquidations"]
        for cell in (events[f"D{row}"], events[f"E{row}"], book["Imports"][f"B{row}"]):
            assert (cell.value, cell.data_type) == (shown, "s")
            assert cell.number_format == "@"
            assert bool(cell.quotePrefix) == is_forced
    stored = engines.cached(tmp_path / "book.xlsx")
    assert not engines.differences(
        stored, engines.by_formualizer(tmp_path / "book.xlsx")
    )


def test_full_sheet_goes_on_in_a_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_writing, "SHEET_ROWS", 2)
    desk.desk()
    assert desk.write(tmp_path / "book.xlsx").is_tied
    stored = engines.cached(tmp_path / "book.xlsx")
    assert not engines.differences(
        stored, engines.by_formualizer(tmp_path / "book.xlsx")
    )
    names = opened(tmp_path / "book.xlsx").sheetnames
    assert names[2:6] == [
        "Liquidations",
        "Liquidations 2",
        "Liquidations 3",
        "Liquidations 4",
    ]
    assert sum(name.startswith("Breaks") for name in names) == 3
