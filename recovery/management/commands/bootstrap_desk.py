"""`bootstrap_desk`: names the first people of a desk, once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.enrolment import enrolment_path
from accounts.roles import Role
from recovery.domain.errors import RecoveryError
from recovery.services.people import NewStaff, desk_found

_ROLE_OF = {
    "proposer": Role.ANALYST,
    "maker": Role.MAKER,
    "checker": Role.CHECKER,
}


class Command(BaseCommand):
    help = (
        "Name the first people of a desk and print a one-time enrolment link for "
        "each. Works once; afterwards an administrator adds people."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for name in _ROLE_OF:
            parser.add_argument(
                f"--{name}", required=True, type=_person, metavar="LOGIN:MAIL:NAME"
            )
        parser.add_argument(
            "--admin",
            type=_person,
            metavar="LOGIN:MAIL:NAME",
            help="who adds people later; the proposer, when nobody is named",
        )

    def handle(self, **options: Any) -> None:
        people = [(options[name], {role}) for name, role in _ROLE_OF.items()]
        if options["admin"]:
            people.append((options["admin"], {Role.ADMIN}))
        else:
            people[0][1].add(Role.ADMIN)
        try:
            users = desk_found(people, now=timezone.now())
        except RecoveryError as error:
            raise CommandError(str(error)) from error
        for user in users:
            self.stdout.write(
                f"{user.username}  {settings.SITE_URL}{enrolment_path(user)}"
            )
        self.stdout.write(
            f"\nEach link works once and for {settings.PASSWORD_RESET_TIMEOUT // 3600} "
            "hours: its owner chooses a password and a second factor. Approvals count "
            f"from {settings.ROLE_DELAY_HOURS} hours after now."
        )


def _person(text: str) -> NewStaff:
    login, mail, name = (part.strip() for part in (*text.split(":", 2), "", "")[:3])
    if not (login and "@" in mail and name):
        raise ValueError(text)
    return NewStaff(login, mail, name, person_id=f"founding-{login}")
