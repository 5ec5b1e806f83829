"""Staff and the roles they hold."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q

from accounts.roles import Role, choices


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

    def __str__(self) -> str:
        return self.full_name or self.username

    def roles(self) -> frozenset[Role]:
        """Roles held now. One query, remembered on this instance."""
        if not hasattr(self, "_roles"):
            held = self.role_grants.filter(revoked_at=None)
            self._roles = frozenset(
                Role(name) for name in held.values_list("role", flat=True)
            )
        return self._roles


class RoleGrant(models.Model):
    """One role given to one person; ended, never deleted."""

    user = models.ForeignKey(User, models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=16, choices=choices(Role))
    granted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True
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
