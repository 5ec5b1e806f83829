"""`demo_next_house_file`: play the platform after a credit batch was released."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from recovery.services.demo_story import next_house_file_write


class Command(BaseCommand):
    help = "Write the house ledger file in which the released credits are booked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, default=Path("house-ledger-next.csv"))

    def handle(self, *, out: Path, **_options: Any) -> None:
        count = next_house_file_write(out, at=timezone.now())
        self.stdout.write(f"{count} credits booked in {out}")
