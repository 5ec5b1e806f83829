"""`desk_card`: where the desk is and how to enter it, on one screen."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.models import User
from recovery.services.demo_people import logins_path


class Command(BaseCommand):
    help = "Print addresses, the demo's logins, a claim reference, where mail lies."

    def handle(self, **_options: Any) -> None:
        say = self.stdout.write
        say(f"\nDesk         {settings.SITE_URL}/desk/")
        say(f"Claim pages  {settings.SITE_URL}/")
        claim = settings.RUN_DIR / "demo-claim"
        if claim.exists():
            say(f"A claim      {claim.read_text()}")
        say(f"Mail         {settings.MAIL_DIR} (one file a mail; claim codes too)\n")
        if logins_path().exists():
            self._logins(json.loads(logins_path().read_text()))

    def _logins(self, logins: dict[str, dict[str, str]]) -> None:
        say = self.stdout.write
        say(
            "login  password          role        secret of the six-digit code"
            "      name"
        )
        for login, known in logins.items():
            user = User.objects.get(username=login)
            roles = ", ".join(sorted(user.roles()))
            password, secret = known["password"], known["secret"]
            say(f"{login:5}  {password:16}  {roles:10}  {secret}  {user.full_name}")
        say(
            "\nGive the secret to an authenticator app, or ask for the code of now:\n"
            "  .venv/bin/python manage.py desk_code ada\n"
        )
