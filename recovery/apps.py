"""Recovery: from source files to confirmed payments."""

from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    """The desk's own tables, services and pages."""

    name = "recovery"
    verbose_name = "Recovery"
