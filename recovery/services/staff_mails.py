"""Mails to staff: outbox rows in the transaction of what they tell."""

from collections.abc import Iterable

from django.conf import settings
from django.template.loader import render_to_string

from accounts.models import User
from recovery.domain.duties import Duty
from recovery.models import OutboxMessage
from recovery.services.actors import roles_with


def staff_holding(duty: Duty) -> list[User]:
    """People who hold a duty now and have a mail, by login."""
    held = User.objects.filter(
        is_active=True,
        is_staff=True,
        role_grants__revoked_at=None,
        role_grants__role__in=roles_with(duty),
    )
    return list(held.exclude(email="").order_by("username").distinct())


def staff_mail(
    people: Iterable[User], event: str, *, key: str, **context: object
) -> None:
    """Tell each of these people something, once per key.

    Args:
        event: Names the text in templates/staff_mails.
    """
    for user in people:
        if not user.email:
            continue
        text = render_to_string(
            f"staff_mails/{event}.txt",
            {"name": str(user), "site_url": settings.SITE_URL, **context},
        )
        subject, _, body = text.partition("\n")
        row = OutboxMessage(
            key=f"{key}-u{user.pk}"[:120],
            event=f"staff.{event}"[:48],
            recipient=user.email,
            subject=subject.strip()[:200],
            body=body.strip() + "\n",
        )
        OutboxMessage.objects.bulk_create([row], ignore_conflicts=True)
