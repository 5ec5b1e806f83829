"""The demo's staff: one person per role, each with a password and a second factor of this machine's own.

The secrets of the code generators lie beside the passwords, in a file that only the
machine's own user reads: a stranger must be able to sign in. A real desk keeps
neither.
"""

import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.codes import code_generator_make
from accounts.models import RoleGrant, User
from accounts.roles import GrantSource, Role

# Login, name, roles. Four of them carry the walk: Ada proposes, Max makes, Bea checks,
# and Rio, who touched none of it, releases.
STAFF = (
    ("ada", "Ada Winter", (Role.ANALYST,)),
    ("max", "Max Brandt", (Role.MAKER,)),
    ("bea", "Bea Lindqvist", (Role.CHECKER,)),
    ("rio", "Rio Tanaka", (Role.CHECKER,)),
    ("sam", "Sam Okoro", (Role.SUPPORT,)),
    ("lia", "Lia Moreau", (Role.LEAD,)),
    ("cora", "Cora Silva", (Role.COMPLIANCE,)),
    ("otto", "Otto Haas", (Role.AUDITOR,)),
    ("root", "Ruth Amari", (Role.ADMIN,)),
)


def logins_path() -> Path:
    """Where the demo's logins lie, readable by the machine's own user only."""
    return settings.RUN_DIR / "demo-logins.json"


@transaction.atomic
def demo_staff_make(*, now: datetime) -> dict[str, dict[str, str]]:
    """Make the demo's staff once, and note how they sign in in the run folder.

    Returns:
        Login to `password` and `secret` of the code generator.
    """
    logins: dict[str, dict[str, str]] = {}
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
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save(update_fields=["password"])
        logins[login] = {"password": password, "secret": code_generator_make(user)}
        for role in roles:
            # Back-dated: grants of a running house count after a delay.
            RoleGrant.objects.create(
                user=user,
                role=role,
                source=GrantSource.FOUNDING,
                granted_at=now - timedelta(days=30),
            )
    if logins:
        path = logins_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(logins, indent=2))
    return logins
