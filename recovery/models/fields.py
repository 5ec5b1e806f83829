"""Fields whose convention stands in one place."""

from typing import Any

from django.db import models
from django.db.models import Q

# numeric(38, 18) holds what every venue writes; the bound below it keeps NaN out,
# which PostgreSQL sorts above every number (TRUST M16).
AMOUNT_BOUND = 10**20


def amount_field(
    *, null: bool = False, **kwargs: Any
) -> "models.DecimalField[Any, Any]":
    """An exact amount, price or quantity."""
    return models.DecimalField(
        max_digits=38, decimal_places=18, null=null, blank=null, **kwargs
    )


def word_field(words: Any, **kwargs: Any) -> "models.CharField[Any, Any]":
    """A status or kind stored as a word of an enum."""
    if "default" in kwargs:
        kwargs["default"] = str(kwargs["default"])
    choices = [
        (word.value, word.value.replace("_", " ").capitalize()) for word in words
    ]
    return models.CharField(choices=choices, **{"max_length": 24, **kwargs})


def one_of(field: str, words: Any, name: str) -> models.CheckConstraint:
    """The database knows the words of an enum too."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": [word.value for word in words]}), name=name
    )


def bounded(field: str, name: str, *, null: bool = False) -> models.CheckConstraint:
    """A signed amount that is a number and not absurd."""
    condition = Q(**{f"{field}__gt": -AMOUNT_BOUND, f"{field}__lt": AMOUNT_BOUND})
    if null:
        condition |= Q(**{f"{field}__isnull": True})
    return models.CheckConstraint(condition=condition, name=name)


def never_negative(field: str, name: str) -> models.CheckConstraint:
    """An amount that is a number from zero up."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": 0, f"{field}__lt": AMOUNT_BOUND}), name=name
    )


def positive(field: str, name: str) -> models.CheckConstraint:
    """An amount above zero."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gt": 0, f"{field}__lt": AMOUNT_BOUND}), name=name
    )
