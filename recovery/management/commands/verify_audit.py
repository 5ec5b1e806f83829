"""`manage.py verify_audit [--heads FOLDER]`: exit 1 names the first bad entry."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recovery.domain.errors import FileRejectedError
from recovery.services.audit_chain import audit_verify


class Command(BaseCommand):
    help = "Recomputes the audit's chain; exit code 1 names the first bad entry."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--heads",
            type=Path,
            metavar="FOLDER",
            help="heads kept elsewhere; those written by this desk if absent",
        )

    def handle(self, *, heads: Path | None, **_options: Any) -> None:
        if heads is not None and not heads.is_dir():
            raise CommandError(f"There is no folder {heads}.", returncode=2)
        try:
            verdict = audit_verify(heads)
        except FileRejectedError as error:
            raise CommandError(str(error), returncode=2) from error
        if verdict.fault is not None:
            self.stdout.write(f"BROKEN: {verdict.fault}")
            sys.exit(1)
        self.stdout.write(
            f"The audit holds: {verdict.position} entries,"
            f" {verdict.heads} heads written down."
        )
        self.stdout.write(f"head {verdict.position} {verdict.hash}")
