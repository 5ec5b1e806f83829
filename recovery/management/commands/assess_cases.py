"""Assess a document of cases and print the results."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recovery.domain.case_errors import DocumentRefusedError
from recovery.domain.cases.document import assess_document

REFUSED = 2


class Command(BaseCommand):
    """Read a liquidation-case/1 document and print liquidation-result/1."""

    help = "Assess the cases of a liquidation-case/1 document; no database is used."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A file, and the form of the answer."""
        parser.add_argument("file", type=Path, help="a liquidation-case/1 document")
        parser.add_argument(
            "--json", action="store_true", help="print the result document"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the result document, or one line per case.

        Raises:
            CommandError: the document cannot be read; the exit status is 2.
        """
        try:
            document = options["file"].read_bytes().decode("utf-8-sig")
            results = assess_document(document)
        except (OSError, UnicodeDecodeError, DocumentRefusedError) as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from None
        if options["json"]:
            self.stdout.write(json.dumps(results, indent=1))
            return
        for identity, entry in results["results"].items():
            self.stdout.write(f"{identity}: {_in_a_line(entry)}")


def _in_a_line(entry: dict[str, Any]) -> str:
    """The entry of one case, short."""
    for word in ("error", "unsupported"):
        if word in entry:
            return f"{word} {entry[word]}"
    return ", ".join(f"{name} {value}" for name, value in entry["values"].items())
