"""A file is taken back without losing anything, and a stronger file proves its rows."""

import pytest

from accounts.models import TradingAccount
from recovery.domain.errors import DutyMissingError, NotReadyError
from recovery.models import (
    Break,
    BreakState,
    Event,
    LedgerEntry,
    Provenance,
    RecoveryCase,
    Sighting,
    SourceFile,
    SourceFileState,
)
from recovery.services.computing import entries_by_account
from recovery.services.import_undo import source_file_put_back, source_file_undo
from tests.story import (
    HouseAccount,
    People,
    bring_in,
    customer_of,
    receive,
    run_all_due,
    short_ledger,
    write_ledger,
)

pytestmark = pytest.mark.django_db


def file_of(event: Event) -> SourceFile:
    return SourceFile.objects.get(
        pk=event.account.ledger_entries.first().source_file_id
    )


def test_undo_wants_a_reason_and_a_duty(people: People) -> None:
    file = file_of(people.event(short_ledger("A-1")))
    with pytest.raises(NotReadyError, match="why"):
        source_file_undo(people.ada, file, reason=" ")
    with pytest.raises(DutyMissingError):
        source_file_undo(people.bea, file, reason="wrong file")


def test_undo_is_refused_while_a_decision_rests_on_the_rows(people: People) -> None:
    event = people.event(short_ledger("A-1"))
    case = people.case(event)
    people.proposed(case)

    with pytest.raises(NotReadyError, match=case.reference):
        source_file_undo(people.ada, file_of(event), reason="wrong file")


def test_an_undone_file_leaves_no_event_and_no_open_break(people: People) -> None:
    event = people.event(short_ledger("A-1"))
    rows = LedgerEntry.objects.count()

    source_file_undo(people.ada, file_of(event), reason="wrong file")
    run_all_due()

    event.refresh_from_db()
    assert event.active_assessment is None
    assert not Break.objects.filter(state=BreakState.OPEN).exists()
    assert LedgerEntry.objects.count() == rows


def test_put_back_brings_the_same_result(people: People) -> None:
    event = people.event(short_ledger("A-1"))
    digest = event.active_assessment.digest
    file = source_file_undo(people.ada, file_of(event), reason="wrong file")
    run_all_due()

    source_file_put_back(people.ada, file)
    run_all_due()

    event.refresh_from_db()
    assert event.active_assessment.digest == digest
    assert Break.objects.filter(state=BreakState.OPEN).count() == 1
    with pytest.raises(NotReadyError):
        source_file_put_back(people.ada, file)


def test_rows_that_another_file_holds_go_on_counting(people: People) -> None:
    account = short_ledger("A-1")
    event = people.event(account)
    account.add("deposit", "1")
    receive(write_ledger(people.folder / "longer.csv", [account]))
    run_all_due()
    event.refresh_from_db()
    variance = event.active_assessment.results.get().variance_amount

    source_file_undo(people.ada, file_of(event), reason="the longer one holds it all")
    run_all_due()

    event.refresh_from_db()
    assert event.active_assessment.results.get().variance_amount == variance
    assert Sighting.objects.count() == len(account.rows) - 1


def test_the_platforms_own_file_proves_what_a_customer_sent_first(
    people: People,
) -> None:
    account = short_ledger("A-1")
    receive(
        write_ledger(people.folder / "sent.csv", [account]),
        provenance=Provenance.CUSTOMER_SUPPLIED,
    )
    run_all_due()
    customer_of("A-1")
    event = Event.objects.get()
    case = people.case(event)
    with pytest.raises(NotReadyError, match="customer supplied"):
        people.proposed(case)

    account.add("deposit", "1")
    bring_in(write_ledger(people.folder / "house.csv", [account]))

    case = RecoveryCase.objects.get(pk=case.pk)
    assert people.proposed(case).case == case


def test_an_undone_house_file_proves_nothing_any_more(people: People) -> None:
    account = short_ledger("A-1")
    receive(
        write_ledger(people.folder / "sent.csv", [account]),
        provenance=Provenance.CUSTOMER_SUPPLIED,
    )
    run_all_due()
    customer_of("A-1")
    account.add("deposit", "1")
    bring_in(write_ledger(people.folder / "house.csv", [account]))
    house = SourceFile.objects.get(provenance=Provenance.HOUSE)
    case = people.case(Event.objects.get())

    source_file_undo(people.ada, house, reason="another desk's file")
    run_all_due()

    house.refresh_from_db()
    assert house.state == SourceFileState.UNDONE
    with pytest.raises(NotReadyError, match="customer supplied"):
        people.proposed(case)


def test_the_same_file_twice_notes_no_sighting(people: People) -> None:
    account = short_ledger("A-1")
    people.event(account)
    receive(write_ledger(people.folder / "again.csv", [account]))
    run_all_due()

    assert not Sighting.objects.exists()


def test_a_corrected_file_counts_after_the_wrong_one_was_undone(
    people: People,
) -> None:
    """The same row ids with other amounts: nothing of what was undone counts."""
    wrong, right = HouseAccount("A-1", []), HouseAccount("A-1", [])
    for account, amount in ((wrong, "100"), (right, "1")):
        account.add("deposit", "7")
        account.add("deposit", amount)
    first = bring_in(write_ledger(people.folder / "wrong.csv", [wrong]))
    source_file_undo(people.ada, first, reason="Exported wrongly.")
    second = bring_in(write_ledger(people.folder / "right.csv", [right]))
    assert (second.accepted, second.duplicate) == (1, 1)
    assert not any("differs in its amount" in one for one in second.warnings)
    right.add("deposit", "3")
    longer = bring_in(write_ledger(people.folder / "longer.csv", [right]))
    assert (longer.accepted, longer.duplicate) == (1, 2)
    ids = TradingAccount.objects.values_list("pk", flat=True)
    held = [one for _, rows in entries_by_account(list(ids)) for one in rows]
    assert sorted(one.line.amount for one in held) == [1, 3, 7]
    with pytest.raises(NotReadyError, match=r"right\.csv"):
        source_file_put_back(people.ada, first)
