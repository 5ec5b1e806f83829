"""An erasure finds the person in every listed column, and leaves what money needs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import Customer, DestinationStatus, User
from accounts.roles import Role
from recovery.domain.errors import DutyMissingError
from recovery.models import AuditEntry, OutboxMessage, Payment, RecoveryCase
from recovery.services.actors import CUSTOMER
from recovery.services.cases import case_ask_customer, case_close, case_withdraw
from recovery.services.contacts import (
    contact_change_approve,
    contact_change_propose,
    personal_data_show,
)
from recovery.services.destinations import (
    Verification,
    Wanted,
    destination_propose,
    destination_verify,
)
from recovery.services.erasure import ERASED, customer_erase
from tests.architecture.test_personal_data import listed
from tests.people import acting
from tests.services.test_recomputed import posted
from tests.story import NOW, People, staff

pytestmark = pytest.mark.django_db
CANARY = "Zlatan Canary-Petrovic"
MAIL = "zlatan.canary@example.org"
LATER_MAIL = "canary.zlatan@example.com"
ADDRESS = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"


def every_table() -> dict[str, str]:
    """Everything that stands in the tables of the desk, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND (tablename LIKE 'recovery\\_%' OR tablename LIKE 'accounts\\_%')"
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t"
            )
            found[table] = cursor.fetchone()[0]
    return found


def holding(*words: str) -> list[str]:
    return sorted(
        table
        for table, text in every_table().items()
        if any(word.lower() in text.lower() for word in words)
    )


@pytest.fixture
def known(people: People) -> Customer:
    """A customer who was paid, and of whom something stands in every such column."""
    case = posted(people).case
    case_close(people.ada, case, reason="Done.", now=NOW)
    customer = Customer.objects.get()
    customer.full_name = CANARY
    customer.save(update_fields=["full_name"])
    now = timezone.now()
    for mail in (MAIL, LATER_MAIL):
        change = contact_change_propose(
            people.ada, customer, mail, how=f"Called {CANARY}.", now=now
        )
        assert people.lia.user
        contact_change_approve(acting(people.lia.user, now), change, now=now)
        customer.refresh_from_db()
    personal_data_show(people.ada, customer, reason=f"{CANARY} called.", now=now)
    proposed = destination_propose(
        people.ada, customer, Wanted("USDT", "TRON", ADDRESS), now=now
    )
    proof = Verification(f"Called {CANARY}.", f"Recording of {CANARY}")
    destination_verify(people.ada, proposed, proof, now=now)
    return customer


def root() -> Any:
    return acting(staff("root", Role.ADMIN), NOW)


def test_who_does_not_administer_people_erases_nobody(
    people: People, known: Customer
) -> None:
    with pytest.raises(DutyMissingError):
        customer_erase(people.lia, known)
    assert "accounts_customer" in holding(CANARY)


def test_while_a_case_goes_on_the_person_stays_reachable(
    people: People, known: Customer
) -> None:
    case = RecoveryCase.objects.create(
        reference="RC-OPEN",
        customer=known,
        origin="agent",
        opened_at=NOW,
        status_since=NOW,
        next_update_due_at=NOW + timedelta(days=1),
    )
    case_ask_customer(people.ada, case, f"Is it you, {CANARY}?", now=NOW)

    erased = customer_erase(root(), known)

    assert erased.rows is None
    assert (known.full_name, known.email) == (CANARY, LATER_MAIL)

    case_withdraw(CUSTOMER, case, now=NOW)
    assert customer_erase(acting(known_root(), NOW), known).rows
    assert holding(CANARY, MAIL, LATER_MAIL) == []


def known_root() -> Any:
    return User.objects.get(username="root")


def test_the_person_is_gone_from_every_column_and_what_money_needs_stands(
    known: Customer,
) -> None:
    before = holding(CANARY, MAIL, LATER_MAIL, ADDRESS)
    assert {
        "accounts_customer",
        "accounts_contactchange",
        "accounts_destination",
        "accounts_personallook",
        "recovery_outboxmessage",
        "recovery_auditvalue",
    } <= set(before)
    money = list(Payment.objects.values("sealed", "content_digest", "amount"))
    entries = AuditEntry.objects.count()

    erased = customer_erase(root(), known)

    assert erased.rows
    assert holding(CANARY, MAIL, LATER_MAIL, ADDRESS) == []
    assert known.full_name == ERASED
    assert known.uid == "U-A-1"
    destination = known.destinations.get()
    assert (destination.status, destination.address) == (
        DestinationStatus.REVOKED,
        ERASED,
    )
    assert list(Payment.objects.values("sealed", "content_digest", "amount")) == money
    assert AuditEntry.objects.count() > entries
    assert customer_erase(acting(known_root(), NOW), known).values == 0


def test_what_is_marked_erased_on_the_page_is_what_the_function_reaches(
    known: Customer,
) -> None:
    """Each table of an erased column is among those that the statement touches."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(prosrc, '') FROM pg_proc WHERE proname IN"
            " ('desk_erase_person', 'desk_erase_words')"
        )
        source = cursor.fetchone()[0]
    for name, what in listed().items():
        app, table, column = name.split(".")
        if what != "erased" or table == "auditvalue":
            continue
        assert f"UPDATE {app}_{table}" in source, name
        assert column in source, name


@pytest.mark.parametrize(
    "cheat",
    [
        "UPDATE accounts_customer SET email = 'thief@example.org'",
        "UPDATE accounts_customer SET email = 'erased-1@invalid', uid = 'x'",
        "UPDATE accounts_contactchange SET new_mail = 'thief@example.org'",
        "UPDATE accounts_destination SET status = 'approved', evidence = '[erased]'",
    ],
)
def test_claiming_to_erase_changes_nothing_else(cheat: str, known: Customer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('desk.erasing', 'on', true)")
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(cheat)


def test_a_mail_on_its_way_is_left_and_one_that_waits_is_dropped(
    known: Customer,
) -> None:
    OutboxMessage.objects.all().update(state="done")
    for state in ("sending", "due"):
        OutboxMessage.objects.create(
            key=state, event="case.closed", recipient=known.email, state=state
        )
    customer_erase(root(), known)
    states = dict(OutboxMessage.objects.values_list("key", "state"))
    assert (states["sending"], states["due"]) == ("sending", "dropped")
