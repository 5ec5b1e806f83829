"""The workbook adds up: as stored, by two engines, and by the database."""

from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.db.models import Sum

from recovery.models import AssessmentResult, Event
from tests.services import workbook_desk as desk
from tests.services import workbook_engines as engines

pytestmark = pytest.mark.django_db(transaction=True)
ERRORS = ("#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NUM!", "#NULL!")


def overall(values: engines.Values) -> str:
    return values["TieOut", "B4"]


def asset_line(path: Path, asset: str) -> dict[str, object]:
    """Everything that the sections of TieOut say of one asset."""
    sheet = openpyxl.load_workbook(path, data_only=True)["TieOut"]
    found: dict[str, object] = {}
    header: tuple[object, ...] = ()
    for row in sheet.values:
        if row[0] == "Asset":
            header = row
        elif row[0] == asset and header:
            found = {**dict(zip(header, row, strict=True)), **found}
    return found


@pytest.fixture
def book(tmp_path: Path) -> Path:
    desk.desk()
    path = tmp_path / "book.xlsx"
    assert desk.write(path).is_tied
    return path


def test_stored_values_are_what_formualizer_calculates(book: Path) -> None:
    stored = engines.cached(book)
    assert len(stored) > 60
    assert overall(stored) == "TIED"
    assert not engines.differences(stored, engines.by_formualizer(book))
    assert not [value for value in stored.values() if value in ERRORS]


@pytest.mark.skipif(engines.SOFFICE is None, reason="LibreOffice is not installed")
def test_stored_values_are_what_libreoffice_calculates(
    book: Path, tmp_path: Path
) -> None:
    fresh = engines.by_libreoffice(book, tmp_path)
    assert not engines.differences(engines.cached(book), fresh)


def test_totals_are_those_of_the_database(book: Path) -> None:
    in_force = AssessmentResult.objects.filter(
        assessment__in=Event.objects.values("active_assessment"), asset="USDT"
    )
    total = in_force.aggregate(
        residual=Sum("residual_amount"),
        received=Sum("received_amount"),
        variance=Sum("variance_amount"),
    )
    line = asset_line(book, "USDT")
    shown = {
        "residual": Decimal(str(line["Expected residual"])),
        "received": Decimal(str(line["Received"])),
        "variance": Decimal(str(line["Variance"])),
    }
    assert shown == total
    assert line["Results"] == in_force.count()
    assert line["Breaks, open"] == -3.1


def test_amount_beyond_eight_places_stays_exact_beside_its_twin(book: Path) -> None:
    rows = engines.table(openpyxl.load_workbook(book)["Liquidations"])
    row = next(row for row in rows if row["Event"] == "EV-MISSING")
    assert row["Variance, exact"] == "-0.123456789012345678"
    assert row["Variance"] == -0.12345679
    lost = asset_line(book, "BTC")["Lost by rounding to 8 places"]
    assert lost == "0.000000000987654322"


def test_one_penny_in_one_cell_turns_the_check_red(book: Path, tmp_path: Path) -> None:
    def add_a_penny(text: str) -> str:
        return text.replace("<v>6.90000000</v>", "<v>6.91000000</v>", 1)

    wrong = engines.changed(book, tmp_path / "wrong.xlsx", add_a_penny)
    assert overall(engines.by_formualizer(wrong)) == "NOT TIED"


def test_a_penny_in_one_break_turns_the_check_red(book: Path, tmp_path: Path) -> None:
    def change_breaks(text: str) -> str:
        is_breaks = "Age bucket, days" in text and "Of it fee" in text
        return (
            text.replace("<v>-3.10000000</v>", "<v>-3.11000000</v>")
            if is_breaks
            else text
        )

    wrong = engines.changed(book, tmp_path / "wrong.xlsx", change_breaks)
    values = engines.by_formualizer(wrong)
    assert overall(values) == "NOT TIED"
    assert values["TieOut", "B8"] == 0.01


def test_a_broken_formula_turns_the_check_red(book: Path, tmp_path: Path) -> None:
    def look_for_other_breaks(text: str) -> str:
        return text.replace('"open")', '"opened")', 1)

    wrong = engines.changed(book, tmp_path / "wrong.xlsx", look_for_other_breaks)
    values = engines.by_formualizer(wrong)
    assert overall(values) == "NOT TIED"
    assert "tied" in values.values()


def test_a_break_the_desk_counts_otherwise_does_not_tie(tmp_path: Path) -> None:
    result = desk.assessed(
        desk.event("EV-1"),
        desk.Amounts("10", "9", "0", "FEE_VARIANCE", (("FEE_VARIANCE", "-1"),)),
    )
    break_ = desk.broken(result, "open")
    break_.variance_amount = Decimal("-1.01")
    break_.save()
    assert not desk.write(tmp_path / "book.xlsx").is_tied
    stored = engines.cached(tmp_path / "book.xlsx")
    assert overall(stored) == "NOT TIED"
    assert not engines.differences(
        stored, engines.by_formualizer(tmp_path / "book.xlsx")
    )


def test_parts_that_leave_some_of_the_variance_do_not_tie(tmp_path: Path) -> None:
    desk.assessed(
        desk.event("EV-1"),
        desk.Amounts("10", "9", "0", "FEE_VARIANCE", (("FEE_VARIANCE", "-0.9"),)),
    )
    assert not desk.write(tmp_path / "book.xlsx").is_tied
    stored = engines.cached(tmp_path / "book.xlsx")
    assert stored["TieOut", "B8"] == 0.1
    assert overall(engines.by_formualizer(tmp_path / "book.xlsx")) == "NOT TIED"


@pytest.mark.parametrize(
    "manifest",
    [
        {"rows": 2, "sums": {"USDT": "3.01"}},
        {"rows": 3, "sums": {"USDT": "3"}},
        {"rows": 2, "sums": {"USDT": "3", "BTC": "0.00000001"}},
    ],
)
def test_file_that_differs_from_its_manifest_does_not_tie(
    manifest: dict[str, object], tmp_path: Path
) -> None:
    desk.source_file("ledger.csv", "1", "2", manifest=manifest)
    assert not desk.write(tmp_path / "book.xlsx").is_tied
    stored = engines.cached(tmp_path / "book.xlsx")
    assert (overall(stored), stored["TieOut", "B5"]) == ("NOT TIED", 1)
    assert not engines.differences(
        stored, engines.by_formualizer(tmp_path / "book.xlsx")
    )


def test_records_held_from_an_earlier_file_count_for_the_manifest(
    tmp_path: Path,
) -> None:
    file = desk.source_file("again.csv", "1", "2")
    file.records, file.duplicate = 3, 1
    file.sums = {"USDT": {"PNL": "10", "FEE": "-2.5"}}
    file.manifest = {"rows": 3, "sums": {"USDT": "7.5"}}
    file.save()
    assert desk.write(tmp_path / "book.xlsx").is_tied


def test_file_without_manifest_shows_what_nobody_outside_confirms(
    book: Path,
) -> None:
    sheet = openpyxl.load_workbook(book, data_only=True)["TieOut"]
    line = next(row for row in sheet.values if row[0] == "kraken.csv")
    assert line[1] == "not tied: no manifest"
    assert line[9] == 7.5
    assert engines.cached(book)["TieOut", "B6"] == 1


def test_empty_desk_ties(tmp_path: Path) -> None:
    assert desk.write(tmp_path / "book.xlsx").is_tied
    stored = engines.cached(tmp_path / "book.xlsx")
    assert overall(stored) == "TIED"
    assert not engines.differences(
        stored, engines.by_formualizer(tmp_path / "book.xlsx")
    )


def test_hostile_asset_names_count_for_themselves_only(tmp_path: Path) -> None:
    names = ("USDT", "*", ">0", "=1+1", "usdt", "1E5", "?SDT", "<>", "1")
    for at, name in enumerate(names, start=1):
        result = desk.assessed(
            desk.event(f"EV-{at}", asset=name),
            desk.Amounts("100", f"{100 - at}", "0", "FEE_VARIANCE", _fee(-at)),
        )
        desk.broken(result, "open")
    assert desk.write(tmp_path / "book.xlsx").is_tied
    stored = engines.cached(tmp_path / "book.xlsx")
    assert not engines.differences(
        stored, engines.by_formualizer(tmp_path / "book.xlsx")
    )
    for at, name in enumerate(names, start=1):
        assert asset_line(tmp_path / "book.xlsx", name)["Breaks, open"] == -at


def _fee(amount: int) -> tuple[tuple[str, str], ...]:
    return (("FEE_VARIANCE", str(amount)),)


def test_rows_without_asset_and_amount_make_no_line(tmp_path: Path) -> None:
    desk.source_file("legs.csv", "1", sums={"USDT": {"PNL": "1"}, "": {"INFO": "0"}})
    desk.source_file("prices.csv", sums={}, manifest={"rows": 0, "sums": {}})
    assert desk.write(tmp_path / "book.xlsx").is_tied
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx", data_only=True)["TieOut"]
    lines = [row[:5] for row in sheet.values if str(row[0]).endswith(".csv")]
    assert [(line[0], line[1], line[4]) for line in lines] == [
        ("legs.csv", "tied", "USDT"),
        ("prices.csv", "tied", None),
    ]
