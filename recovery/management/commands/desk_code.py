"""`desk_code LOGIN`: the six-digit code of one of the demo's people."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.codes import code_now
from accounts.models import User
from recovery.services.demo_people import logins_path


class Command(BaseCommand):
    help = "Print the code of now of a person of the demo; of nobody else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login", metavar="LOGIN")

    def handle(self, **options: Any) -> None:
        login = options["login"]
        path = logins_path()
        logins = json.loads(path.read_text()) if path.exists() else {}
        user = User.objects.filter(username=login).first()
        code = code_now(user) if login in logins and user is not None else None
        if code is None:
            raise CommandError(f"{login} is nobody of the demo with a code generator.")
        self.stdout.write(code)
