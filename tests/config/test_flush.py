"""What a flush of the tests leaves: the database as the migrations left it."""

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import CoolDown, Customer
from tests import factories
from tests.plugins import database

pytestmark = pytest.mark.django_db(transaction=True)


def shipped() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            found[table] = cursor.fetchone()[0]
    return {table: count for table, count in found.items() if count}


@pytest.mark.parametrize("room", [0, 1 << 40], ids=["truncated", "deleted"])
def test_shipped_rows_are_back_and_new_ones_do_not_take_their_numbers(
    monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    before = shipped()
    assert before["accounts_cooldown"] > 0
    monkeypatch.setattr(database, "_ROOM_BYTES", room)
    factories.customer()
    call_command("flush", interactive=False, verbosity=0)
    assert not Customer.objects.exists()
    assert shipped() == before
    CoolDown.objects.create(client_class="retail", hours=1, valid_from=factories.NOW)
    assert CoolDown.objects.count() == before["accounts_cooldown"] + 1
