"""T03, T04: a walk over every door there is, by every role and by every method.

Nothing here names a table or an address: a new one is walked through as soon as it is
there. What stood in the database before must stand there afterwards, row by row.
"""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.roles import Role
from config.urls import urlpatterns
from recovery.admin.base import DeskAdmin
from recovery.models import RecoveryCase
from recovery.services.actors import staff_actor
from tests import factories
from tests.abuse.test_t03_t04_fields import every_address, everything_of
from tests.admin.conftest import rows
from tests.admin.doors import desk_addresses, registered_models
from tests.people import signed_in
from tests.web import makers
from tests.web.conftest import enter_claim

__all__ = ["enter_claim", "rows"]
pytestmark = pytest.mark.django_db
Rows = dict[type[Model], Model]
# Written by asking: sessions, counters of how often, refusals in the audit.
_WRITTEN_BY_ASKING = (
    "django_session",
    "accounts_staffsession",
    "accounts_cache",
    "recovery_ratecount",
    "recovery_auditentry",
    "recovery_auditseal",
    "recovery_auditqueue",
    "recovery_auditvalue",
)
# Lead out of the session, or to other sites.
_LEAVING = ("logout", "login", "jsi18n")


def everything() -> dict[str, str]:
    """A digest of every table, whatever it is called."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {row[0] for row in cursor.fetchall()}
        found = {}
        for table in sorted(tables.difference(_WRITTEN_BY_ASKING)):
            # The sign-in notes when somebody was last here.
            cursor.execute(
                "SELECT count(*) || md5(coalesce(string_agg((to_jsonb(t) -"
                f" 'last_login')::text, '' ORDER BY t::text), '')) FROM {table} t"
            )
            found[table] = cursor.fetchone()[0]
    return found


def act_addresses(
    rows: Rows, *, role: Role | None = None
) -> Iterator[tuple[str, Model]]:
    """Where each act is posted to; with a role, only acts that are not its own."""
    duties = staff_actor(factories.staff(f"of-{role}", role)).duties if role else set()
    for model in registered_models():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row, shown = rows[model], admin.site._registry[model]
        for act in getattr(shown, "acts", ()):
            if not act.duties & duties:
                yield reverse(f"{base}_act", args=[row.pk, act.name]), row
        for act in getattr(shown, "list_acts", ()):
            if not act.duties & duties:
                yield reverse(f"{base}_list_act", args=[act.name]), row


def web_addresses() -> list[str]:
    """Every address outside the desk and the sign-in that takes no argument."""
    return sorted(
        {
            address
            for one in urlpatterns
            for address in every_address_of(one)
            if not address.startswith(("/desk/", "/account/", "/static/"))
        }
    )


def every_address_of(one: object) -> Iterator[str]:
    if hasattr(one, "url_patterns"):
        yield from every_address(one, str(one.pattern))  # type: ignore[attr-defined, arg-type]


def test_every_table_of_the_desk_is_shown_by_the_one_read_only_base(
    rows: Rows,
) -> None:
    request = RequestFactory().get("/desk/")
    request.session = {}
    request.user = factories.staff("eve", *Role)
    assert len(registered_models()) > 25
    for model in registered_models():
        shown = admin.site._registry[model]
        assert isinstance(shown, DeskAdmin), model
        assert not shown.list_editable, model
        assert shown.get_inline_instances(request, rows[model]) == [], model
        assert shown.get_actions(request) == {}, model
        assert not any(
            may(request)
            for may in (
                shown.has_add_permission,
                shown.has_change_permission,
                shown.has_delete_permission,
            )
        ), model


def test_every_act_names_who_may_take_it() -> None:
    for shown in admin.site._registry.values():
        for act in (*getattr(shown, "acts", ()), *getattr(shown, "list_acts", ())):
            assert act.duties, act.name


def test_formsets_bulk_actions_and_popups_of_every_list_change_nothing(
    rows: Rows,
) -> None:
    client = signed_in(factories.staff("eve", *Role))
    before = everything()
    for model in registered_models():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = rows[model]
        formset = {
            f"{prefix}-{name}": value
            for prefix in ("form", f"{model._meta.model_name}_set")
            for name, value in {
                "TOTAL_FORMS": "1",
                "INITIAL_FORMS": "1",
                "0-id": str(row.pk),
                **{f"0-{key}": told for key, told in everything_of(row).items()},
            }.items()
        }
        bulk = {"_selected_action": [str(row.pk)], "select_across": "1", "index": "0"}
        listed = reverse(f"{base}_changelist")
        client.post(listed, {**formset, "_save": "Save"})
        for action in ("delete_selected", "approve"):
            client.post(listed, {**bulk, "action": action, "post": "yes"})
        for last in ("change", "delete"):
            address = reverse(f"{base}_{last}", args=[row.pk])
            client.post(f"{address}?_popup=1&_to_field=id", everything_of(row))
    assert everything() == before


@pytest.mark.parametrize("role", sorted(Role))
def test_no_role_takes_an_act_that_is_not_its_own(role: Role, rows: Rows) -> None:
    acts = list(act_addresses(rows, role=role))
    client = signed_in(factories.staff(f"one-{role}", role))
    before = everything()
    for address, row in acts:
        client.post(address, everything_of(row))
    assert len(acts) > 20
    assert everything() == before


def test_asking_for_any_address_by_a_safe_method_changes_nothing(rows: Rows) -> None:
    client = signed_in(factories.staff("eve", *Role))
    pages = list(desk_addresses(rows))
    posts = [*(address for address, _ in act_addresses(rows)), *web_addresses()]
    before = everything()
    for address in (*pages, *posts):
        if not address.rstrip("/").endswith(_LEAVING):
            assert client.get(address).status_code < 500, address
    for address in posts:
        assert client.head(address).status_code < 500, address
        assert client.options(address).status_code < 500, address
    assert len(pages) + len(posts) > 150
    assert everything() == before


@pytest.mark.parametrize("role", [None, *sorted(Role)])
def test_no_member_of_staff_moves_anything_by_the_pages_of_customers(
    role: Role | None, rows: Rows
) -> None:
    client = signed_in(factories.staff("one", role)) if role else Client()
    forged = everything_of(rows[RecoveryCase])
    before = everything()
    for address in web_addresses():
        client.post(address, forged)
        client.delete(address)
    assert everything() == before


def test_a_customers_session_moves_nothing_of_another_customers(
    rows: Rows, enter_claim
) -> None:
    case = rows[RecoveryCase]
    other = makers.make_claim(makers.make_event(makers.make_customer("U-77"), "A-77"))
    client = enter_claim(other)
    forged = {
        **everything_of(case),
        "case": str(case.pk),
        "claim": "1",
        "reference": str(case),
        "answer": "Approve it.",
        "step": "send",
    }

    def of_case() -> list[object]:
        return [
            list(
                related.related_model.objects.filter(case=case).order_by("pk").values()
            )
            for related in RecoveryCase._meta.related_objects
            if related.field.name == "case"
        ]

    before = of_case()
    for address in (*web_addresses(), *desk_addresses(rows)):
        if "leave" not in address:
            client.post(address, forged)
    assert of_case() == before
