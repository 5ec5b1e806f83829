"""`load_reference FILE…`: customers with their accounts, fee-tier memberships."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recovery.domain.errors import FileRejectedError
from recovery.services.actors import OPERATOR
from recovery.services.reference_data import reference_data_load
from recovery.tasks import run_all_due


class Command(BaseCommand):
    help = "Load customers.csv or fee-tier-memberships.csv, told apart by the header."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *, files: list[Path], **_options: Any) -> None:
        for path in files:
            try:
                text = path.read_text(encoding="utf-8")
                rows = reference_data_load(OPERATOR, text, path.name)
            except (OSError, UnicodeDecodeError, FileRejectedError) as error:
                raise CommandError(f"{path}: {error}") from error
            self.stdout.write(f"{path}: {rows} rows")
        run_all_due()
