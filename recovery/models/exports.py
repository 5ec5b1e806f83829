"""Workbooks built for finance."""

from enum import StrEnum

from django.conf import settings
from django.db import models

from recovery.models.fields import one_of, word_field
from recovery.models.jobs import Job


class WorkbookState(StrEnum):
    """Where a workbook stands."""

    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


class Workbook(models.Model):
    """One workbook, built by a job, complete or not there."""

    as_of = models.DateTimeField()
    state = word_field(WorkbookState, default=WorkbookState.PREPARING)
    file_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    rows = models.BigIntegerField(default=0)
    job = models.OneToOneField(Job, models.PROTECT, null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    requested_at = models.DateTimeField()

    class Meta:
        constraints = [one_of("state", WorkbookState, "recovery_workbook_state_known")]

    def __str__(self) -> str:
        return f"Workbook as of {self.as_of:%Y-%m-%d %H:%M} UTC"
