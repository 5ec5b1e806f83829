"""Sessions whose end is reckoned by the database's clock, not by a web process's.

One process whose clock is a day ahead would else sign everybody out, and one that is
behind would keep sessions alive (TRUST F20).
"""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db.models.functions import Now

from recovery.services.clock import database_now


class SessionStore(DatabaseStore):
    """A stored session that also says when it was read, by the database's clock."""

    _read_at: datetime | None = None

    @classmethod
    def clear_expired(cls) -> None:
        """Remove sessions whose time is over."""
        cls.get_model_class().objects.filter(expire_date__lt=Now()).delete()

    def read_at(self) -> datetime:
        """The instant the session was read; of now, where there was nothing to read."""
        if self._read_at is None:
            self._read_at = database_now()
        return self._read_at

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """When it ends if it is not used any more."""
        kwargs.setdefault("modification", database_now())
        return super().get_expiry_date(**kwargs)

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        live = self.model.objects.filter(
            session_key=self.session_key, expire_date__gt=Now()
        )
        found: AbstractBaseSession | None = live.annotate(read_at=Now()).first()
        if found is None:
            self._session_key = None
            return None
        self._read_at = getattr(found, "read_at", None)
        return found
