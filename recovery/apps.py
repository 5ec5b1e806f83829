"""Recovery: from source files to confirmed payments."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RecoveryConfig(AppConfig):
    """The desk's own tables, services and pages."""

    name = "recovery"
    verbose_name = "Recovery"

    def ready(self) -> None:
        """Shipped rules become rows as soon as the tables are there."""
        post_migrate.connect(_ship_rules, sender=self)


def _ship_rules(**_kwargs: Any) -> None:
    from recovery.services.rules import rules_ship

    rules_ship()
