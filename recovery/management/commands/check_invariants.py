"""`manage.py check_invariants [--json]`: exit 1 names the rows that break a promise."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from recovery.selectors.invariant_rules import INVARIANTS
from recovery.services.invariants import invariants_watch


class Command(BaseCommand):
    help = "Checks that everything holds that must; exit code 1 names what does not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, **options: Any) -> None:
        broken = invariants_watch()
        if options["json"]:
            self.stdout.write(_document([one._asdict() for one in broken]))
        else:
            for one in broken:
                self.stdout.write(f"BROKEN {one.invariant}: {one.subject}: {one.why}")
            if not broken:
                self.stdout.write(f"All {len(INVARIANTS)} invariants hold.")
        if broken:
            sys.exit(1)


def _document(broken: list[dict[str, str]]) -> str:
    told = [
        {
            "name": one.name,
            "title": one.title,
            "broken": [
                {"subject": row["subject"], "why": row["why"]}
                for row in broken
                if row["invariant"] == one.name
            ],
        }
        for one in INVARIANTS
    ]
    return json.dumps({"holds": not broken, "invariants": told}, indent=1)
