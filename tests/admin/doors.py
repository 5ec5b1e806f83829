"""Ways in: signed-in clients, acts by address, every address of the desk."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from config.urls import urlpatterns
from tests.people import signed_in

__all__ = ["signed_in"]
PUBLIC = {"admin:login", "admin:logout", "admin:jsi18n"}


def act_url(subject: Model, name: str) -> str:
    """Give the address of an act on a row."""
    meta = subject._meta
    view = f"admin:{meta.app_label}_{meta.model_name}_act"
    return reverse(view, args=[subject.pk, name])


def page_url(subject: Model) -> str:
    """Give the address of a row's page."""
    meta = subject._meta
    view = f"admin:{meta.app_label}_{meta.model_name}_change"
    return reverse(view, args=[subject.pk])


def list_url(model: type[Model]) -> str:
    """Give the address of a list."""
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")


def take(client: Client, subject: Model, act_name: str, **data: Any) -> HttpResponse:
    """Post an act and follow to the page that says how it went."""
    return client.post(act_url(subject, act_name), data, follow=True)


def text_of(response: HttpResponse) -> str:
    """Give a page's text."""
    return response.content.decode()


def desk_views() -> Iterator[tuple[str, list[str]]]:
    """Every named address of the desk with the names of its arguments."""
    desk = next(one for one in urlpatterns if str(one.pattern) == "desk/")
    yield from _views(desk)


def _views(resolver: URLResolver) -> Iterator[tuple[str, list[str]]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _views(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name:
            route = pattern.pattern
            names = route.converters or route.regex.groupindex
            yield f"admin:{pattern.name}", list(names)


def desk_addresses(rows: dict[type[Model], Model]) -> Iterator[str]:
    """Every address of the desk, filled with rows that exist."""
    values = {"act_name": "approve", "app_label": "recovery", "url": "nowhere"}
    by_name = {
        f"{model._meta.app_label}_{model._meta.model_name}": row.pk
        for model, row in rows.items()
    }
    for name, arguments in desk_views():
        if name in PUBLIC:
            continue
        table = name.removeprefix("admin:").rsplit("_", 1)[0]
        pk = by_name.get(table, by_name.get(table.removesuffix("_list"), 1))
        yield reverse(name, kwargs={key: values.get(key, pk) for key in arguments})


def registered_models() -> list[type[Model]]:
    """Every table the desk shows."""
    return sorted(admin.site._registry, key=lambda model: model._meta.label)
