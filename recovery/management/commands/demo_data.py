"""Writes the source files of a demo and their truth; imports nothing."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from recovery.demo.generate import DEFAULT_EVENTS, DEFAULT_SEED, write_demo


class Command(BaseCommand):
    help = "Write source files of all three venues with a known truth beside them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True, metavar="DIR")
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="N")
        parser.add_argument("--events", type=int, default=DEFAULT_EVENTS, metavar="N")

    def handle(self, *, out: Path, seed: int, events: int, **_options: object) -> None:
        size = write_demo(out, seed=seed, events=events)
        self.stdout.write(
            f"{size.events} events of {size.accounts} accounts and {size.customers} "
            f"customers in {out}"
        )
        for scenario in sorted(size.scenarios):
            self.stdout.write(f"  {size.scenarios[scenario]:6d} {scenario}")
