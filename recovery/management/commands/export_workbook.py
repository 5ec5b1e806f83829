"""`manage.py export_workbook --out FILE [--as-of T]`."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recovery.domain.errors import RecoveryError
from recovery.services.actors import OPERATOR
from recovery.services.workbooks import workbook_export


class Command(BaseCommand):
    help = "Writes the finance workbook to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", required=True, type=Path, metavar="FILE")
        parser.add_argument(
            "--as-of",
            type=_instant,
            metavar="T",
            help="an instant with its zone, such as 2026-09-30T23:59:59Z; now if absent",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        out: Path = options["out"]
        if not out.parent.is_dir():
            raise CommandError(f"There is no folder {out.parent}.")
        try:
            file = workbook_export(
                OPERATOR, out, now=timezone.now(), as_of=options["as_of"]
            )
        except RecoveryError as error:
            raise CommandError(str(error)) from error
        word = "everything ties" if file.written.is_tied else "NOT TIED, see TieOut"
        self.stdout.write(f"{out}: {file.written.rows} data rows, {word}.")
        self.stdout.write(f"sha256 {file.sha256}")


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ArgumentTypeError(
            f"{text!r} is no instant with its zone; write it like 2026-09-30T23:59:59Z"
        )
    return instant
