"""What happened, who did it: written once."""

from django.conf import settings
from django.db import models

from recovery.models.append_only import AppendOnly


class AuditEntry(AppendOnly):
    """One act. Written in the transaction of the act it records."""

    at = models.DateTimeField(auto_now_add=True)
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
    action = models.CharField(max_length=64, db_comment="case.decision.approved")
    subject = models.CharField(max_length=80, db_comment="case RC-…, payment PY-…")
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "id"], name="recovery_audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.subject}"
