"""T03, T04: no field that money hangs on can be posted anywhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from accounts.roles import Role
from recovery.models import Approval, Decision, Payment, PayoutBatch, RecoveryCase
from tests import factories
from tests.admin.conftest import rows
from tests.admin.doors import registered_models
from tests.people import signed_in

__all__ = ["rows"]
pytestmark = pytest.mark.django_db
Rows = dict[type[Model], Model]
MONEY = (Approval, Decision, Payment, PayoutBatch, RecoveryCase)
FORGED = {
    "status": "approved",
    "amount": "999999",
    "asset": "BTC",
    "approver": "1",
    "approved_by": "1",
    "proposer": "1",
    "destination": "1",
    "batch": "1",
    "version": "99",
    "approvals_needed": "1",
    "held_from": "approved",
}


def state() -> dict[str, list[dict[str, Any]]]:
    return {
        model.__name__: list(model.objects.order_by("pk").values()) for model in MONEY
    }


def everything_of(row: Model) -> dict[str, str]:
    told = {key: str(value or "1") for key, value in model_to_dict(row).items()}
    return {**told, **FORGED, "_save": "Save", "post": "yes"}


def addresses(model: type[Model], row: Model) -> Iterator[str]:
    base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield reverse(f"{base}_change", args=[row.pk])
    yield reverse(f"{base}_add")
    yield reverse(f"{base}_delete", args=[row.pk])
    yield reverse(f"{base}_changelist")
    shown = admin.site._registry[model]
    for act in getattr(shown, "acts", ()):
        yield reverse(f"{base}_act", args=[row.pk, act.name])
    for act in getattr(shown, "list_acts", ()):
        yield reverse(f"{base}_list_act", args=[act.name])


def test_t03_who_may_only_read_changes_nothing_by_any_field_or_act(rows: Rows) -> None:
    client = signed_in(factories.staff("otto", Role.AUDITOR))
    before = state()
    posted = 0
    for model in registered_models():
        for address in addresses(model, rows[model]):
            client.post(address, everything_of(rows[model]))
            posted += 1
    assert posted > 100
    assert state() == before


def test_t03_with_every_role_plain_forms_change_nothing(rows: Rows) -> None:
    client = signed_in(factories.staff("eve", *Role))
    before = state()
    for model in registered_models():
        shown = admin.site._registry[model]
        assert not getattr(shown, "list_editable", ())
        assert not shown.inlines
        for address in list(addresses(model, rows[model]))[:4]:
            client.post(address, everything_of(rows[model]))
    assert state() == before


def every_address(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        route = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from every_address(one, route)
        elif isinstance(one, URLPattern) and "<" not in route:
            yield "/" + route.replace("^", "").replace("$", "")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_t04_no_address_takes_the_fields_of_money_by_put_or_patch(
    method: str, rows: Rows
) -> None:
    user: User = factories.staff("eve", *Role)
    before = state()
    for client in (Client(), signed_in(user)):
        for address in set(every_address(get_resolver())):
            if "(" in address or "\\" in address:
                continue
            answer = getattr(client, method)(
                address, FORGED, content_type="application/json"
            )
            assert answer.status_code < 500
    assert state() == before
