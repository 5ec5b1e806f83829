"""Staff and the roles they hold."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from accounts.roles import GrantSource, Role, choices


class User(AbstractUser):
    """A member of staff. Customers never have one: they enter by claim."""

    full_name = models.CharField(max_length=120, blank=True)
    person_id = models.CharField(
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        db_comment="One human, one account: the employer's own id.",
    )

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~Q(email=""), name="accounts_mail_once"
            ),
            models.UniqueConstraint(
                Lower("person_id"), name="accounts_person_once_in_any_case"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def roles(self) -> frozenset[Role]:
        """Roles held now."""
        return frozenset(self._granted())

    def roles_settled(
        self, delay: timedelta, now: datetime | None = None
    ) -> frozenset[Role]:
        """Roles held now that were granted at least so long ago.

        Args:
            delay: How long a role rests before it counts.
            now: The database's clock, if left out.
        """
        granted = self._granted().items()
        return frozenset(
            role for role, (since, read) in granted if since <= (now or read) - delay
        )

    def _granted(self) -> dict[Role, tuple[datetime, datetime]]:
        """Roles held, since when, and when that was read by the database's clock.

        One query, remembered on this instance.
        """
        if not hasattr(self, "_roles"):
            held = self.role_grants.filter(revoked_at=None).annotate(read_at=Now())
            rows = held.values_list("role", "granted_at", "read_at")
            self._roles = {Role(name): (since, read) for name, since, read in rows}
        return self._roles


class RoleGrant(models.Model):
    """One role given to one person; ended, never deleted."""

    user = models.ForeignKey(User, models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=16, choices=choices(Role))
    granted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True
    )
    source = models.CharField(
        max_length=10,
        choices=choices(GrantSource),
        default=GrantSource.PERSON,
        db_comment="Who says so: a person, the founding, the identity provider.",
    )
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(revoked_at=None),
                name="accounts_role_granted_once",
            ),
            models.CheckConstraint(
                condition=~Q(user=F("granted_by")),
                name="accounts_role_not_self_granted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"
