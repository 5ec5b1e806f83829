from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from recovery.domain.ledger import LedgerLine, RowProblem
from recovery.domain.money import AmountUnreadableError
from recovery.venues import accounts, names, numbers
from recovery.venues.file_rules import AccountRule, NumberRule
from recovery.venues.interpretation import Interpreter, ZoneNeededError
from recovery.venues.loading import profile_from_text
from recovery.venues.names import NameRefusedError, Names
from recovery.venues.numbers import OptionalNumbers, number_reader
from recovery.venues.outcomes import Ignored
from recovery.venues.profile import LetterCase
from recovery.venues.recognition import recognise
from recovery.venues.time_forms import TimeUnreadableError
from recovery.venues.timestamps import ZoneUnknownError, time_reader, zone_named
from tests.venues.conftest import Open
from tests.venues.samples import HOUSE_ROW, house
from tests.venues.test_loading import WHOLE

TIME_FORMS = ("iso_z", "calendar", "minute_first", "epoch_ms")
BERLIN = zone_named("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-10-10T01:02:03.5Z", "+02:00", "2026-10-10T01:02:03.500+00:00"),
        ("2026-10-10 01:02:03", "UTC", "2026-10-10T01:02:03+00:00"),
        ("2026-10-10T01:02:03", "+02:00", "2026-10-09T23:02:03+00:00"),
        ("2026-10-10 01:02:03", "-0530", "2026-10-10T06:32:03+00:00"),
        ("2026-10-10 01:02:03", "Europe/Berlin", "2026-10-09T23:02:03+00:00"),
        ("01:02 2026-10-10", "UTC", "2026-10-10T01:02:00+00:00"),
        ("1791594123456", "+02:00", "2026-10-10T01:02:03.456+00:00"),
    ],
)  # fmt: skip
def test_times_are_read_in_their_zone(text: str, zone: str, expected: str) -> None:
    read = time_reader(TIME_FORMS, zone_named(zone))
    assert read(text) == datetime.fromisoformat(expected)
    assert read(text) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-10-10",
        "2026-02-30 00:00:00",
        "2026-13-01 00:00:00",
        "26-10-10 00:00:00",
        "10/10/2026 00:00:00",
        "2026-10-10 25:00:00",
        "1.791e12",
        "٢٠٢٦-10-10 00:00:00",
        "1999-01-01 00:00:00",
        "2026-10-25 02:30:00",
        "2026-03-29 02:30:00",
    ],
)
def test_times_that_are_not_certain_are_refused(text: str) -> None:
    with pytest.raises(TimeUnreadableError):
        time_reader(TIME_FORMS, BERLIN)(text)


def test_zones_are_known_by_name_or_offset() -> None:
    assert zone_named("UTC") is UTC
    assert zone_named("-05:30") == timezone(-timedelta(hours=5, minutes=30))
    for name in ("Mars/Olympus", "../etc", ""):
        with pytest.raises(ZoneUnknownError):
            zone_named(name)


@pytest.mark.parametrize(
    ("rule", "text", "value"),
    [
        (NumberRule(), "5.4E-7", "0.00000054"),
        (NumberRule(thousands=","), "1,234,567.5", "1234567.5"),
        (NumberRule(thousands=","), "1234.5", "1234.5"),
        (NumberRule(thousands=".", decimal=","), "-1.234,56", "-1234.56"),
        (NumberRule(decimal=","), "0,5", "0.5"),
        (NumberRule(unit_suffix=True), "0.126 USDT", "0.126"),
        (NumberRule(unit_suffix=True), "0.0006LTC", "0.0006"),
    ],
)
def test_declared_styles_are_read(rule: NumberRule, text: str, value: str) -> None:
    assert number_reader(rule)(text) == Decimal(value)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (NumberRule(), "1,234"),
        (NumberRule(), "1.234,56"),
        (NumberRule(thousands=","), "1,23"),
        (NumberRule(thousands=","), "1,2345"),
        (NumberRule(unit_suffix=True), "USDT"),
        (NumberRule(unit_suffix=True), "1 2 USDT"),
    ],
)
def test_undeclared_styles_are_never_guessed(rule: NumberRule, text: str) -> None:
    with pytest.raises(AmountUnreadableError):
        number_reader(rule)(text)


def test_memories_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (accounts, names, numbers):
        monkeypatch.setattr(module, "REMEMBERED", 3)
    optional = OptionalNumbers(NumberRule(none=("", "--")))
    known = Names(LetterCase.UPPER, optional=False, longest=24)
    owned = accounts.Accounts(AccountRule(column="a"), "")
    for number in range(9):
        assert optional[str(number)] == number
        assert known[f"a{number}"] == f"A{number}"
        assert owned[f"a{number}"] == f"a{number}"
        assert optional["--"] is None
    assert max(map(len, (optional, known, owned))) <= 4


def test_names_that_look_alike_are_refused() -> None:
    with pytest.raises(NameRefusedError) as caught:
        Names(LetterCase.UPPER, optional=True, longest=24)["US\u0414T"]
    assert "\\u0414" in caught.value.reason


def test_zone_is_asked_for_when_the_file_cannot_say(opened: Open) -> None:
    text = WHOLE.replace(
        "buy = {", 'gift = { role = "INFO", ignored = "no cash" }\nbuy = {'
    )
    profile = profile_from_text("v.toml", text)
    source = opened(
        "when,what,coin,sum\n2026-10-10 01:00:00,buy,USDT,5\n"
        "2026-10-10 01:00:00,gift,USDT,5\n2026-10-25 02:30:00,buy,USDT,5\n"
    )
    recognition = recognise(source, profiles=[profile])
    with pytest.raises(ZoneNeededError):
        Interpreter(recognition, account="A")
    reader = Interpreter(recognition, account="A", zone="Europe/Berlin")
    line, ignored, problem = reader.interpret_all(source.records())
    assert isinstance(line, LedgerLine)
    assert line.occurred_at == datetime(2026, 10, 9, 23, tzinfo=UTC)
    assert ignored == Ignored(3, "no cash")
    assert isinstance(problem, RowProblem)
    assert "twice or never" in problem.reason


def test_zone_of_a_file_may_be_overruled(opened: Open) -> None:
    source = opened(house(HOUSE_ROW.replace("T00:00:00.125Z", " 02:00:00")))
    reader = Interpreter(recognise(source), zone="+02:00")
    (line,) = reader.interpret_all(source.records())
    assert isinstance(line, LedgerLine)
    assert line.occurred_at == datetime(2026, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.00000000000000000000", "0"),
        ("-14.87600000000000000000", "-14.876"),
        ("12345678901234567890.10000000000000000000", "12345678901234567890.1"),
        ("12345678901234567890", "12345678901234567890"),
    ],
)
def test_numbers_filled_up_with_zeros_are_read_exactly(text: str, value: str) -> None:
    assert numbers.read_plain(text) == Decimal(value)


def test_padding_is_only_dropped_from_plain_decimals() -> None:
    assert numbers.read_plain("0.1000000000000000000000e1") == 1
    with pytest.raises(AmountUnreadableError):
        numbers.read_plain("0.0000000000000000000x")
