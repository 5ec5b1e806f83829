"""The demo goes in through the real doors: files, jobs, services, people."""

import json
from collections.abc import Callable
from pathlib import Path

from recovery.models import Provenance, SourceFile
from recovery.services.actors import OPERATOR
from recovery.services.source_files import source_file_receive

# Each is taken to its end before the next: accounts belong to known customers, and
# what is assessed afterwards knows its tier.
REFERENCE_FILES = ("house-customers.csv", "house-accounts.csv", "house-fee-tiers.csv")


def demo_files_receive(
    folder: Path, *, run_due: Callable[[], int], say: Callable[[str], None]
) -> list[SourceFile]:
    """Take reference data and every source file of a demo folder.

    Args:
        run_due: Does what is due, to the end of it; imports and assessments of the
            source files are due afterwards.
    """
    for name in REFERENCE_FILES:
        file = _received(folder / name, Provenance.HOUSE)
        run_due()
        file.refresh_from_db()
        say(f"{name}: {file.accepted} rows")
    received = [
        _received(folder / entry["file"], entry["provenance"], entry["account"] or "")
        for entry in json.loads((folder / "sources.json").read_text())
    ]
    say(f"{len(received)} source files received")
    return received


def _received(path: Path, provenance: Provenance, account: str = "") -> SourceFile:
    return source_file_receive(
        OPERATOR, path=path, name=path.name, provenance=provenance, account=account
    )
