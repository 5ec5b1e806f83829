"""What staff say that files do not: meanings of row types, columns of layouts."""

from enum import StrEnum

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q

from recovery.domain.ledger import EventMarker, LedgerRole
from recovery.models.fields import one_of, word_field
from recovery.models.source_files import SourceFile


class MappingStatus(StrEnum):
    """How far a mapping made by staff is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # By whoever proposed it.


class StaffMapping(models.Model):
    """Proposed by one person, approved by another; its content never changes.

    The database takes rows as proposed only, and lets nothing but the decision be
    written afterwards. A correction is a further version.
    """

    version = models.PositiveIntegerField()
    status = word_field(MappingStatus, default=MappingStatus.PROPOSED)
    reason = models.TextField()
    source = models.CharField(max_length=200, db_comment="Where it was read.")
    content_digest = models.CharField(max_length=64)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        abstract = True


def mapping_constraints(name: str, *key: str) -> list[models.BaseConstraint]:
    """What holds for every table of mappings: words, versions, four eyes."""
    return [
        one_of("status", MappingStatus, f"recovery_{name}_status_known"),
        models.UniqueConstraint(
            fields=[*key, "version"], name=f"recovery_{name}_version_once"
        ),
        models.UniqueConstraint(
            fields=list(key),
            condition=Q(status="proposed"),
            name=f"recovery_{name}_one_waits",
        ),
        models.CheckConstraint(
            condition=~Q(status__in=["approved", "refused"])
            | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
            name=f"recovery_{name}_four_eyes",
        ),
    ]


class OperationMapping(StaffMapping):
    """What a row type that no profile knows means: its ledger role and marker.

    Entries keep the role UNKNOWN they were stored with; the approved version of the
    highest number whose period holds is looked up whenever they are read.
    """

    venue = models.CharField(max_length=32)
    layout = models.CharField(max_length=64, db_comment="Its code, every generation.")
    operation = models.CharField(max_length=80, db_comment="Folded, as it is compared.")
    role = word_field(LedgerRole)
    marker = word_field(EventMarker, blank=True)
    period = DateTimeRangeField(db_comment="Half open: rows of [from, to).")
    shadow = models.JSONField(db_comment="What it would change, when proposed.")

    class Meta:
        constraints = [
            *mapping_constraints("operation_mapping", "venue", "layout", "operation"),
            one_of("role", LedgerRole, "recovery_operation_mapping_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.venue} {self.layout} “{self.operation}” v{self.version}"


class LayoutMapping(StaffMapping):
    """A layout made by staff: the columns of a file that no shipped layout fits.

    `terms` is a profile as venue files hold it. Until it is approved, only files sent
    by customers are read by it: their rows prove no amount.
    """

    venue = models.CharField(max_length=32)
    code = models.CharField(max_length=40)
    terms = models.JSONField()
    sample = models.ForeignKey(
        SourceFile,
        models.PROTECT,
        related_name="+",
        db_comment="Made while looking at.",
    )

    class Meta:
        constraints = mapping_constraints("layout_mapping", "venue", "code")

    def __str__(self) -> str:
        return f"{self.venue} {self.code} v{self.version}"
