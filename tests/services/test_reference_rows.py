"""Reference data by the same door as every file: problems by row, again no effect."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from accounts.models import ContactChange, Customer, TradingAccount
from recovery.domain.policy_reading import parse_policy
from recovery.models import (
    AssetPrice,
    AuditEntry,
    FeeSchedule,
    FeeTierMembership,
    Job,
    LiquidationPolicy,
    PositionEntry,
    Provenance,
    SourceFile,
    SourceFileState,
)
from recovery.services.actors import OPERATOR, Actor
from recovery.services.positions import account_positions, event_positions
from recovery.services.rules import rules_ship
from recovery.services.source_files import source_file_path, source_file_receive
from recovery.tasks import run_all_due
from tests.story import HouseAccount, People, bring_in, clean_ledger, write_ledger

pytestmark = pytest.mark.django_db
CUSTOMERS = ("house-customers", "uid,full_name,mail,client_class,language,jurisdiction")
ACCOUNTS = ("house-accounts", "venue,account,uid,kind")
CLASSES = ("house-client-classes", "uid,client_class")
TIERS = ("house-fee-tiers", "venue,account,tier,valid_from,valid_to")
SCHEDULES = (
    "house-fee-schedules",
    "venue,tier,taker_rate,maker_rate,valid_from,terms_reference",
)
MARGINS = (
    "house-margin-tiers",
    "venue,valid_from,tiers,tier_unit,lower,upper,rate,amount,terms_reference",
)
PRICES = ("house-asset-prices", "asset,currency,price,priced_at,source")
POSITIONS = ("house-positions", "account,time_utc,instrument,position")
CEM = "U1,Cem Aydin,cem@customers.example,retail,en,DE"


def bring(
    folder: Path,
    layout: tuple[str, str],
    *rows: str,
    actor: Actor = OPERATOR,
    provenance: Provenance = Provenance.HOUSE,
) -> SourceFile:
    kind, header = layout
    count = SourceFile.objects.count()
    path = folder / f"{kind}-{count}.csv"
    lines = [f"#recovery-desk,{kind},1", header, *rows, f"#manifest,rows={len(rows)}"]
    path.write_text("\n".join(lines) + "\n")
    file = source_file_receive(actor, path=path, name=path.name, provenance=provenance)
    run_all_due()
    file.refresh_from_db()
    return file


def problems(file: SourceFile) -> list[tuple[int, str, str]]:
    rows = file.rejected_records.order_by("row_number")
    return list(rows.values_list("row_number", "column", "reason"))


# --- refusals ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "provenance", ["venue_api", "staff_obtained", "customer_supplied"]
)
def test_reference_data_comes_from_the_platform_only(
    people: People, provenance: str
) -> None:
    file = bring(people.folder, CUSTOMERS, CEM, provenance=Provenance(provenance))
    assert file.state == SourceFileState.REFUSED
    assert "from the platform only" in file.refusal
    assert not Customer.objects.filter(uid="U1").exists()


def test_positions_a_customer_states_are_refused(people: People) -> None:
    row = "A-1,2026-10-10T16:00:02.500Z,BTCUSDT,10"
    file = bring(people.folder, POSITIONS, row, provenance=Provenance.CUSTOMER_SUPPLIED)
    assert file.state == SourceFileState.REFUSED
    assert not PositionEntry.objects.exists()


@pytest.mark.parametrize(
    ("layout", "row", "column", "reason"),
    [
        (CUSTOMERS, CEM.replace("U1", ""), "uid", "is missing"),
        (CUSTOMERS, CEM.replace("@", " at "), "mail", "is no address of mail"),
        (CUSTOMERS, CEM.replace("retail", "vip"), "client_class", "is none of retail"),
        (
            CUSTOMERS,
            CEM.replace("DE", "Germany"),
            "jurisdiction",
            "two capital letters",
        ),
        (CUSTOMERS, CEM.replace("Cem", "C" * 201), "full_name", "is longer than 200"),
        (ACCOUNTS, "house,A-1,U9,", "uid", "nobody has this UID"),
        (ACCOUNTS, "house,,U0,", "account", "is missing"),
        (ACCOUNTS, "house,A-1,U0,margin", "account_kind", "is none of unknown"),
        (CLASSES, "U9,retail", "uid", "nobody has this UID"),
        (CLASSES, "U0,vip", "client_class", "is none of"),
        (TIERS, "house,A-1,vip1,soon,", "valid_from", "write a date"),
        (TIERS, "house,A-1,,2026-01-01,", "tier", "is missing"),
        (TIERS, "house,T-1,vip1,2026-06-01,", "valid_from", "overlaps another"),
        (TIERS, "house,A-1,vip1,2026-06-01,2026-05-01", "valid_to", "not after"),
        (SCHEDULES, "house,base,a,0,2027-01-01,§4", "taker_rate", "is not a number"),
        (SCHEDULES, "house,base,0.1,0,2027-01-01,§4", "", "needs the duty"),
        (PRICES, "BTC,USD,1,2026-01-01T00:00:00,x", "priced_at", "its zone"),
        (PRICES, "BTC,USD,1,2026-01-01T00:00:00Z,x", "", "needs the duty"),
        (POSITIONS, "A-1,2026-10-10T16:00:02.500Z,BTCUSDT,", "position", ""),
        (POSITIONS, "A-1,yesterday,BTCUSDT,1", "time_utc", ""),
    ],
)
def test_a_row_that_cannot_be_taken_is_a_row_problem(
    people: People, layout: tuple[str, str], row: str, column: str, reason: str
) -> None:
    Customer.objects.create(uid="U0", full_name="X", email="x@customers.example")
    account = TradingAccount.objects.create(venue="house", number="T-1")
    FeeTierMembership.objects.create(
        account=account, tier="base", period=("2026-01-01T00:00:00Z", None)
    )
    file = bring(people.folder, layout, row)
    assert (file.state, file.records, file.rejected) == (SourceFileState.LOADED, 1, 1)
    ((number, where, why),) = problems(file)
    assert (number, where) == (3, column)
    assert reason in why


LOW = "house,2026-12-01,2,notional,0,50000,0.005,0,House terms 6"
HIGH = "house,2026-12-01,2,notional,50000,,0.01,250,House terms 6"


@pytest.mark.parametrize(
    ("rows", "column", "reason"),
    [
        ([LOW], "tiers", "says 2 rows of this venue and day; 1 came"),
        ([LOW, HIGH.replace(",2,", ",3,")], "tiers", "not the same in all rows"),
        ([LOW, HIGH.replace("notional", "quantity")], "tier_unit", "not the same"),
        ([LOW, HIGH.replace("notional,50000", "notional,60000")], "lower", "a gap or"),
        ([LOW, HIGH.replace("notional,50000", "notional,40000")], "lower", "overlaps"),
        ([LOW.replace(",0,50000", ",1,50000"), HIGH], "lower", "a gap or"),
        ([LOW, HIGH.replace("50000,,", "50000,90000,")], "upper", "must stay open"),
        ([LOW.replace("0.005", "5"), HIGH], "rate", "is no share between 0 and 1"),
        ([LOW.replace("0.005", "half"), HIGH], "rate", "is not a number"),
        ([LOW.replace("2026-12-01", "1.12.26"), HIGH], "tiers", "1 came"),
        ([LOW.replace("house", "moon"), HIGH.replace("house", "moon")], "venue", "no"),
        ([LOW.replace("House terms 6", ""), HIGH], "terms_reference", "not the same"),
    ],
)
def test_a_table_of_margin_tiers_stands_or_falls_as_a_whole(
    people: People, rows: list[str], column: str, reason: str
) -> None:
    rules_ship()
    file = bring(people.folder, MARGINS, *rows, actor=people.lia)
    assert (file.accepted, file.rejected) == (0, len(rows))
    told = problems(file)
    assert told[-1][1] == column
    assert reason in told[-1][2]
    assert not LiquidationPolicy.objects.filter(venue="house", version=2).exists()


def test_margin_tiers_need_somebody_who_activates_rules(people: People) -> None:
    rules_ship()
    file = bring(people.folder, MARGINS, LOW, HIGH)
    assert [why for _, _, why in problems(file) if "needs the duty" in why]


def test_an_account_of_somebody_else_is_not_taken_over(people: People) -> None:
    bring(people.folder, CUSTOMERS, CEM, CEM.replace("U1", "U2"))
    bring(people.folder, ACCOUNTS, "house,A-1,U1,")
    file = bring(people.folder, ACCOUNTS, "house,A-1,U2,", "house,A-2,U2,")
    assert problems(file) == [(3, "account", "belongs to another customer")]
    assert (file.accepted, file.rejected) == (1, 1)


def test_another_mail_is_a_proposal_and_no_change(people: People) -> None:
    bring(people.folder, CUSTOMERS, CEM)
    file = bring(people.folder, CUSTOMERS, CEM.replace("cem@", "mallory@"))
    assert file.accepted == 1
    assert Customer.objects.get(uid="U1").email == "cem@customers.example"
    assert ContactChange.objects.get().new_mail == "mallory@customers.example"


# --- what follows -----------------------------------------------------------------


def test_rows_are_taken_once_and_again_change_nothing(people: People) -> None:
    rows = [
        (CUSTOMERS, CEM),
        (ACCOUNTS, "house,A-1,U1,cross_futures"),
        (CLASSES, "U1,professional"),
        (TIERS, "house,A-1,vip1,2026-01-01,2026-07-01"),
    ]
    for layout, row in rows:
        first = bring(people.folder, layout, row)
        again = bring(people.folder, layout, row, f"{row} "[:0] or row)
        assert (first.accepted, first.duplicate, first.rejected) == (1, 0, 0), layout
        assert (again.accepted, again.duplicate, again.rejected) == (0, 2, 0), layout
        assert first.manifest["agrees"]
    customer = Customer.objects.get(uid="U1")
    assert (customer.client_class, customer.jurisdiction) == ("professional", "DE")
    account = customer.trading_accounts.get()
    assert (account.number, account.kind) == ("A-1", "cross_futures")
    assert account.fee_tiers.get().tier == "vip1"
    assert AuditEntry.objects.filter(action="customer.client_class").count() == 1


def test_a_changed_tier_makes_its_account_due(people: People) -> None:
    bring(people.folder, TIERS, "house,A-1,vip1,2026-01-01,2026-07-01")
    account = TradingAccount.objects.get(number="A-1")
    payloads = Job.objects.filter(kind="assess").values_list("payload", flat=True)
    assert {"accounts": [account.pk]} in list(payloads)


def test_rates_and_prices_are_taken_from_who_activates_rules(people: People) -> None:
    rules_ship()
    schedule = "house,base,0.0006,0.0002,2026-12-01,House terms 4"
    price = "BTC,USD,60000.5,2026-10-01T00:00:00Z,Exchange close"
    for layout, row in ((SCHEDULES, schedule), (PRICES, price)):
        first = bring(people.folder, layout, row, actor=people.lia)
        again = bring(people.folder, layout, row, row, actor=people.lia)
        assert (first.accepted, again.duplicate) == (1, 2), problems(first)
    assert FeeSchedule.objects.get(venue="house", tier="base", version=2).created_by
    assert AssetPrice.objects.get().price == Decimal("60000.5")


def test_margin_tiers_become_the_policy_in_force_with_these_tiers(
    people: People,
) -> None:
    rules_ship()
    before = LiquidationPolicy.objects.get(venue="house")
    other = "house,2027-03-01,1,notional,0,,0.02,,House terms 7"
    file = bring(people.folder, MARGINS, other, HIGH, LOW, actor=people.lia)
    again = bring(people.folder, MARGINS, LOW, HIGH, actor=people.lia)
    assert (file.accepted, again.accepted, again.duplicate) == (3, 0, 2), problems(file)
    second, third = LiquidationPolicy.objects.filter(venue="house").order_by("version")[
        1:
    ]
    margins = parse_policy(second.terms).maintenance
    assert margins is not None
    assert [(one.lower, one.upper, one.rate, one.amount) for one in margins.tiers] == [
        (Decimal(0), Decimal(50_000), Decimal("0.005"), Decimal(0)),
        (Decimal(50_000), None, Decimal("0.01"), Decimal(250)),
    ]
    kept = {
        name: terms for name, terms in second.terms.items() if name != "maintenance"
    }
    assert kept.items() <= before.terms.items()
    assert (second.period.lower.month, third.period.lower.month) == (12, 3)
    assert second.terms_reference == "House terms 6"


def test_a_long_table_of_margin_tiers_is_one_table(people: People) -> None:
    """Other files are stored in pieces, of 4,000 rows at first."""
    rules_ship()
    other = LOW.replace("house", "moon")
    rows = [*[other] * 3_999, LOW, HIGH]
    file = bring(people.folder, MARGINS, *rows, actor=people.lia)
    assert (file.records, file.accepted, file.rejected) == (4_001, 2, 3_999)
    ((_, _, why), *_) = problems(file)
    assert why == "says 2 rows of this venue and day; 3999 came"
    new = LiquidationPolicy.objects.get(venue="house", version=2)
    assert len(new.terms["maintenance"]["tiers"]) == 2


def test_a_workbook_is_taken_like_text(people: People) -> None:
    path = people.folder / "customers.xlsx"
    book = Workbook()
    for line in (
        f"#recovery-desk,{CUSTOMERS[0]},1", CUSTOMERS[1], CEM, "#manifest,rows=1"
    ):  # fmt: skip
        book.active.append(line.split(","))
    book.save(path)
    file = source_file_receive(
        OPERATOR, path=path, name=path.name, provenance=Provenance.HOUSE
    )
    run_all_due()
    file.refresh_from_db()
    assert (file.refusal, file.accepted) == ("", 1)


def test_stated_positions_are_held_against_the_replay(people: People) -> None:
    rules_ship()
    account: HouseAccount = clean_ledger("A-1")
    event = people.event(account)
    rows = (
        "A-1,2026-10-10T16:00:01.500Z,BTCUSDT,0",
        "A-1,2026-10-10T16:00:03.500Z,BTCUSDT,10",
        "A-1,2026-10-10T17:00:00.000Z,BTCUSDT,2.5",
        "A-1,2026-10-10T17:00:00.000Z,ETHUSDT,1",
    )
    first = bring(people.folder, POSITIONS, *rows)
    again = bring(people.folder, POSITIONS, *rows, rows[0])
    assert (first.accepted, again.accepted, again.duplicate) == (4, 0, 5)
    found = account_positions(event.account)
    assert [
        (one.entry.instrument, one.check and one.check.difference) for one in found
    ] == [
        ("ETHUSDT", None),
        ("BTCUSDT", Decimal("2.5")),
        ("BTCUSDT", Decimal(0)),
        ("BTCUSDT", Decimal(0)),
    ]
    assert len(event_positions(event)) == 3


def test_an_account_with_too_many_rows_is_not_replayed_on_a_page(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules_ship()
    bring_in(write_ledger(people.folder / "ledger.csv", [clean_ledger("A-1")]))
    bring(people.folder, POSITIONS, "A-1,2026-10-10T17:00:00.000Z,BTCUSDT,1")
    monkeypatch.setattr("recovery.services.positions.ROWS_MAX", 3)
    account = TradingAccount.objects.get(number="A-1")
    assert [one.check for one in account_positions(account)] == [None]


def test_a_file_of_people_is_not_kept_beside_its_rows(
    people: People, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        file = bring(people.folder, CUSTOMERS, CEM)
    assert not source_file_path(file).exists()
    again = people.folder / "house-customers-0.csv"
    source_file_receive(
        OPERATOR, path=again, name="again.csv", provenance=Provenance.HOUSE
    )
    assert not source_file_path(file).exists()
    ledger = bring_in(write_ledger(people.folder / "ledger.csv", [clean_ledger("A-1")]))
    assert source_file_path(ledger).exists()
