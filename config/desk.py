"""The admin site under unfold, mounted as the desk."""

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from config import checks
from config.celery import app as celery_app

# Tasks find their broker through this app as soon as Django is set up; the checks
# are registered by their import.
__all__ = ["DeskConfig", "celery_app", "checks"]
MIGRATION_LOCK_SECONDS = 3


class DeskConfig(AdminConfig):
    """The admin with our own site: duties open doors, permissions do not."""

    default_site = "config.desk_site.DeskSite"

    def ready(self) -> None:
        """Keep migrations from making everybody wait."""
        super().ready()
        pre_migrate.connect(_wait_briefly, sender=self)
        post_migrate.connect(_wait_as_before, sender=self)


def _wait_briefly(using: str, **_kwargs: Any) -> None:
    """Give up soon: behind whoever waits for a whole table all others wait too."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{MIGRATION_LOCK_SECONDS}s'")


def _wait_as_before(using: str, **_kwargs: Any) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("RESET lock_timeout")
