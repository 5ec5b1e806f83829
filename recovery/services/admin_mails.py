"""Mails to all administrators: what they must hear of whoever did it."""

from accounts.models import User
from accounts.roles import Role
from recovery.models import OutboxMessage


def admins_tell(key: str, *, event: str, subject: str, text: str) -> None:
    """Tell every active administrator, once per key, in the transaction of the cause.

    Args:
        key: Names this one piece of news.
        event: What kind of news it is, words apart by dots.
        subject: The mail's subject.
        text: What happened; a closing line is added.
    """
    admins = User.objects.filter(
        is_active=True, role_grants__role=Role.ADMIN, role_grants__revoked_at=None
    ).exclude(email="")
    OutboxMessage.objects.bulk_create(
        [
            OutboxMessage(
                key=f"{key}-{admin.pk}"[-120:],
                event=event,
                recipient=admin.email,
                subject=subject,
                body=f"{text}\n\nIf this surprises you, act now.\n",
            )
            for admin in admins
        ],
        ignore_conflicts=True,
    )
