"""Source files as received, and the records refused in them."""

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value

from recovery.models.append_only import AppendOnly
from recovery.models.fields import one_of, word_field
from recovery.models.jobs import Job


class Provenance(StrEnum):
    """Where a source file came from; decides what it may prove (design §4.3)."""

    HOUSE = "house"
    VENUE_API = "venue_api"
    STAFF_OBTAINED = "staff_obtained"
    CUSTOMER_SUPPLIED = "customer_supplied"


class SourceFileState(StrEnum):
    """Where an import stands."""

    PREVIEWED = "previewed"  # Looked into; waits for somebody to load or discard it.
    STORED = "stored"
    LOADING = "loading"
    LOADED = "loaded"
    REFUSED = "refused"  # Nothing of it was taken; `refusal` says why.
    UNDONE = "undone"  # Taken back: its rows stay stored and count no more.


class DayOrder(StrEnum):
    """Which of day and month the times of a file write first."""

    DAY = "day"
    MONTH = "month"


class SourceFile(models.Model):
    """One file, stored once by its SHA-256. Written by services.imports only."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, db_comment="As sent; data, never a path.")
    bytes_size = models.BigIntegerField()
    provenance = word_field(Provenance)
    state = word_field(SourceFileState, default=SourceFileState.STORED)
    venue = models.CharField(max_length=32, blank=True)
    layout = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=24, blank=True)
    recognition = models.JSONField(default=dict, blank=True)
    zone = models.CharField(max_length=32, default="UTC")
    account_number = models.CharField(max_length=64, blank=True)
    # Processes of older code write none of these: the database fills them in.
    asset = models.CharField(
        max_length=24,
        blank=True,
        default="",
        db_default="",
        db_comment="Of its amounts, where the file cannot say.",
    )
    day_order = word_field(DayOrder, blank=True, default="", db_default="")
    preview = models.JSONField(
        null=True, blank=True, db_comment="What a trial found before it was loaded."
    )
    mends = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="mended_by",
        db_comment="The file whose rejected records this one brings again.",
    )
    left_out = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        blank=True,
        db_comment="How many records were ignored for each reason.",
    )
    records = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    duplicate = models.BigIntegerField(default=0)
    ignored = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    checkpoint = models.BigIntegerField(
        default=0, db_comment="Records done; a resumed import goes on from here."
    )
    sums = models.JSONField(default=dict, blank=True)
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    manifest = models.JSONField(null=True, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    refusal = models.TextField(blank=True)
    turns = models.PositiveIntegerField(
        default=0, db_comment="How often it was undone or put back."
    )
    job = models.OneToOneField(Job, models.PROTECT, null=True, blank=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    received_at = models.DateTimeField(auto_now_add=True)
    loaded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("state", SourceFileState, "recovery_source_file_state_known"),
            one_of("provenance", Provenance, "recovery_source_file_provenance_known"),
            models.CheckConstraint(
                condition=Q(day_order__in=["", *(word.value for word in DayOrder)]),
                name="recovery_source_file_day_order_known",
            ),
            # Conservation: nothing is lost and nothing invented.
            models.CheckConstraint(
                condition=~Q(state="loaded")
                | Q(
                    records=F("accepted")
                    + F("duplicate")
                    + F("ignored")
                    + F("rejected")
                ),
                name="recovery_source_file_conserves",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RejectedRecord(AppendOnly):
    """A record refused: where, what stood there, why."""

    source_file = models.ForeignKey(
        SourceFile, models.PROTECT, related_name="rejected_records"
    )
    row_number = models.BigIntegerField()
    column = models.CharField(max_length=80)
    value = models.TextField()
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_file", "row_number"], name="recovery_rejected_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_file} row {self.row_number}: {self.reason}"


class MendedRecord(AppendOnly):
    """A rejected record whose money came in after all, by a row of a mended file.

    The rejected record stays as it is. At most one of the files that mend it counts;
    once that one is undone, another may.
    """

    rejected = models.ForeignKey(
        RejectedRecord, models.PROTECT, related_name="mendings"
    )
    source_file = models.ForeignKey(
        SourceFile, models.PROTECT, related_name="mended_records"
    )
    row_number = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rejected", "source_file"], name="recovery_mended_once_a_file"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rejected}, mended in {self.source_file}"
