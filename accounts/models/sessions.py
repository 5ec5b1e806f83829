"""Sessions of staff: where and when each was used, kept after its end."""

from enum import StrEnum

from django.db import models

from accounts.models.staff import User
from accounts.roles import choices


class SessionEnd(StrEnum):
    """How a session of staff ended."""

    SIGNED_OUT = "signed_out"
    IDLE = "idle"  # No click for too long.
    OVER = "over"  # The longest life of any session.
    BY_OWNER = "by_owner"  # From another session of the same person.
    BY_ADMIN = "by_admin"


class StaffSession(models.Model):
    """One session of one member of staff, from one browser.

    Written by recovery.services.sessions only. Kept after its end: who proposed and
    who approved from one place is asked of these rows (TRUST T09).
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="sessions")
    session_key = models.CharField(max_length=40, blank=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    device_digest = models.CharField(
        max_length=64, db_comment="Keyed digest of the browser's own cookie."
    )
    agent = models.CharField("browser", max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=12, choices=choices(SessionEnd), blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, end="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(end="")),
                name="accounts_session_ended_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "seen_at"], name="accounts_session_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.user} since {self.began_at:%Y-%m-%d %H:%M}"
