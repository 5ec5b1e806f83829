"""Rows that are written once."""

from typing import Any

from django.db import models


class AppendOnlyError(TypeError):
    """This record is written once; a correction is a new record."""


class AppendOnly(models.Model):
    """Refuses update and delete in Python; a trigger and a REVOKE do below it."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; refuse a second save."""
        if not self._state.adding:
            raise AppendOnlyError(self.__class__.__name__)
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise AppendOnlyError(self.__class__.__name__)
