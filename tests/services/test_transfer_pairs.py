"""A transfer that stands in two files or two wallets is one: counted once, shown so."""

from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import TradingAccount
from recovery.domain.ledger import LedgerRole
from recovery.models import LedgerEntry, Provenance, SourceFile
from recovery.services.actors import OPERATOR
from recovery.services.computing import entries_by_account
from recovery.services.import_undo import source_file_undo
from recovery.services.rules import rules_ship
from recovery.services.source_files import source_file_receive
from recovery.services.transfer_pairs import transfers_told
from recovery.tasks import run_all_due
from tests import factories
from tests.admin.doors import page_url, signed_in, text_of
from tests.story import People, bring_in, clean_ledger, write_ledger

pytestmark = pytest.mark.django_db
# The same deposit as in `clean_ledger`, under another id and two seconds later.
TWICE = "A-1,X-9,2026-10-10T16:00:03.000Z,USDT,1000,,deposit,,,,,,,"
OUT = "A-1/spot,S-1,2026-10-10T16:00:00.500Z,USDT,-1000,,transfer_out,,,,,,,"


def bring(folder: Path, row: str, provenance: str = "staff_obtained") -> SourceFile:
    header = (
        "account,row_id,time_utc,asset,amount,balance_after,type,instrument,side,"
        "quantity,price,order_id,position_after,event_id"
    )
    path = folder / f"{SourceFile.objects.count()}.csv"
    lines = ("#recovery-desk,house-ledger,1", header, row, "#manifest,rows=1")
    path.write_text("\n".join(lines) + "\n")
    file = source_file_receive(
        OPERATOR, path=path, name=path.name, provenance=Provenance(provenance)
    )
    run_all_due()
    file.refresh_from_db()
    assert file.accepted == 1, file.refusal
    return file


@pytest.fixture(autouse=True)
def _ledger(people: People) -> None:
    rules_ship()
    bring_in(write_ledger(people.folder / "ledger.csv", [clean_ledger("A-1")]))


def moved() -> Decimal:
    """What the account's transfers come to, as assessments read them."""
    account = TradingAccount.objects.get(number="A-1")
    ((_, entries),) = entries_by_account([account.pk])
    return sum(
        (one.line.amount for one in entries if one.line.role == LedgerRole.XFER),
        Decimal(0),
    )


def deposit() -> LedgerEntry:
    return LedgerEntry.objects.get(source_id="A-1-1")


def test_a_transfer_too_far_apart_counts_by_itself(people: People) -> None:
    bring(people.folder, TWICE.replace("16:00:03", "16:00:07"))
    assert moved() == 2000
    assert transfers_told([deposit()])[deposit().pk].told_again == ()


def test_a_transfer_in_two_files_counts_once_by_the_stronger(people: People) -> None:
    file = bring(people.folder, TWICE)
    assert moved() == 1000
    twin = LedgerEntry.objects.get(source_id="X-9")
    assert transfers_told([deposit()])[deposit().pk].told_again == (twin,)
    assert transfers_told([twin])[twin.pk].counts_by == deposit()
    source_file_undo(people.ada, file, reason="Not needed.")
    assert moved() == 1000
    assert transfers_told([deposit()])[deposit().pk].told_again == ()


def test_when_the_stronger_file_is_undone_the_other_one_counts(people: People) -> None:
    bring(people.folder, TWICE, "customer_supplied")
    own = deposit().source_file
    source_file_undo(people.ada, own, reason="Wrong day.")
    assert moved() == 1000


def test_both_wallets_of_a_transfer_are_shown_as_one_pair(people: People) -> None:
    bring(people.folder, OUT)
    side = LedgerEntry.objects.get(source_id="S-1")
    assert transfers_told([deposit()])[deposit().pk].other_side == side
    assert transfers_told([side])[side.pk].other_side == deposit()
    assert moved() == 1000


def test_wallets_of_another_owner_are_no_other_side(people: People) -> None:
    bring(people.folder, OUT.replace("A-1/spot", "B-2"))
    assert transfers_told([deposit()])[deposit().pk].other_side is None
    owner = factories.customer()
    TradingAccount.objects.filter(number__in=("A-1", "B-2")).update(customer=owner)
    told = transfers_told([deposit()])[deposit().pk]
    assert told.other_side is not None
    assert told.other_side.account.number == "B-2"


def test_pages_say_it(people: People) -> None:
    bring(people.folder, TWICE)
    bring(people.folder, OUT)
    assert people.bea.user
    client = signed_in(people.bea.user)
    shown = text_of(client.get(page_url(deposit())))
    assert "Other side: house A-1/spot" in shown
    assert "counted once" in shown
    twin = LedgerEntry.objects.get(source_id="X-9")
    assert "Told once more; ledger.csv row 3 counts." in text_of(
        client.get(page_url(twin))
    )
