"""`verify_receipt` says whether a receipt is what rows and rules give today."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from recovery.models import Assessment, Event, FeeSchedule
from tests.story import People, bring_in, clean_ledger, short_ledger, write_ledger

DIFFERS = 1


def verify(reference: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_receipt", reference, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def event(people: People) -> Event:
    return people.event(short_ledger("A-1"))


def test_an_unknown_reference_is_an_error(db: None) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("verify_receipt", "LQ-0000000000")
    assert refusal.value.returncode == DIFFERS


def test_a_changed_rule_shows(event: Event) -> None:
    FeeSchedule.objects.filter(venue="house", tier="base").update(taker_rate="0.0006")

    code, said = verify(event.reference)

    assert (code, "differs" in said) == (DIFFERS, True)


def test_a_rewritten_receipt_shows(event: Event) -> None:
    """Only the owner of the tables could, past the trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Assessment.objects.filter(event=event).update(receipt="{}")
        cursor.execute("SET LOCAL session_replication_role = origin")

    code, said = verify(event.reference)

    assert (code, "was changed" in said) == (DIFFERS, True)


def test_a_rewritten_ledger_row_shows(event: Event) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE recovery_ledgerentry SET amount = amount + 0.00000001"
            " WHERE operation = 'liquidation'"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert verify(event.reference)[0] == DIFFERS


def test_an_event_whose_rows_are_gone_shows(event: Event) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM recovery_ledgerentry")
        cursor.execute("SET LOCAL session_replication_role = origin")

    code, said = verify(event.reference)

    assert (code, "cannot be recomputed" in said) == (DIFFERS, True)


def test_every_receipt_of_untouched_rows_agrees(people: People) -> None:
    accounts = [short_ledger("A-1"), clean_ledger("A-2")]
    bring_in(write_ledger(people.folder / "ledger.csv", accounts))

    for event in Event.objects.all():
        code, said = verify(event.reference.lower())
        assert (code, "agrees" in said) == (0, True)
    assert Event.objects.count() == 2
