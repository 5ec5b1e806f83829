"""The demo's staff: one person per role, each with a password of this machine's own."""

import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.models import RoleGrant, User
from accounts.roles import Role

# Login, name, roles. Three of them carry the walk: Ada proposes, Max makes, Bea checks.
STAFF = (
    ("ada", "Ada Winter", (Role.ANALYST,)),
    ("max", "Max Brandt", (Role.MAKER,)),
    ("bea", "Bea Lindqvist", (Role.CHECKER,)),
    ("sam", "Sam Okoro", (Role.SUPPORT,)),
    ("lia", "Lia Moreau", (Role.LEAD,)),
    ("cora", "Cora Silva", (Role.COMPLIANCE,)),
    ("otto", "Otto Haas", (Role.AUDITOR,)),
    ("root", "Ruth Amari", (Role.ADMIN,)),
)


def logins_path() -> Path:
    """Where the demo's passwords lie, readable by the machine's own user only."""
    return settings.RUN_DIR / "demo-logins.json"


@transaction.atomic
def demo_staff_make(*, now: datetime) -> dict[str, str]:
    """Make the demo's staff once, and note their passwords in the run folder.

    Returns:
        Login to password.
    """
    passwords = {}
    for login, name, roles in STAFF:
        user, is_new = User.objects.get_or_create(
            username=login,
            defaults={
                "full_name": name,
                "email": f"{login}@desk.example",
                "person_id": f"demo-{login}",
                "is_staff": True,
            },
        )
        if not is_new:
            continue
        passwords[login] = secrets.token_urlsafe(12)
        user.set_password(passwords[login])
        user.save(update_fields=["password"])
        for role in roles:
            # Back-dated: grants of a running house count after a delay.
            RoleGrant.objects.create(
                user=user, role=role, granted_at=now - timedelta(days=30)
            )
    if passwords:
        path = logins_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(passwords, indent=2))
    return passwords
