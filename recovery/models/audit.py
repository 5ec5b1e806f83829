"""What happened, who did it: written once, sealed into one chain."""

from django.conf import settings
from django.db import models

from recovery.models.append_only import AppendOnly


class AuditEntry(AppendOnly):
    """One act. Written in the transaction of the act it records.

    Only the database function desk_audit_write inserts here (services.audit calls
    it); the application role may read and nothing else.
    """

    at = models.DateTimeField(db_comment="The database's clock.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    actor_name = models.CharField(
        max_length=80, db_comment="Login, or customer or system."
    )
    role = models.CharField(max_length=24, blank=True, db_comment="Held when acting.")
    action = models.CharField(max_length=64, db_comment="case.decision.approved")
    subject = models.CharField(max_length=80, db_comment="case RC-…, payment PY-…")
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)
    database_user = models.CharField(
        max_length=63, blank=True, db_comment="Who was signed in to the database."
    )

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "id"], name="recovery_audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.subject}"


class AuditSeal(AppendOnly):
    """One link of the chain: an entry, bound to everything sealed before it.

    Written by a trigger when the entry's transaction commits, so positions follow
    the order of commits and have no gap.
    """

    position = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="seal")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, db_comment="SHA-256 of canonical text.")

    def __str__(self) -> str:
        return f"{self.position} {self.hash[:12]}"


class AuditValue(models.Model):
    """A personal value that an entry only commits to; may be erased at any time."""

    entry = models.ForeignKey(AuditEntry, models.PROTECT, related_name="values")
    name = models.CharField(max_length=40)
    salt = models.CharField(max_length=64)
    value = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "name"], name="recovery_auditvalue_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of audit entry {self.entry_id}"
