"""The demo goes in through the real doors: files, jobs, services, people."""

import json
from collections.abc import Callable
from pathlib import Path

from recovery.models import SourceFile
from recovery.services.actors import OPERATOR
from recovery.services.reference_data import reference_data_load
from recovery.services.source_files import source_file_receive

REFERENCE_FILES = ("customers.csv", "fee-tier-memberships.csv")


def demo_files_receive(folder: Path, *, say: Callable[[str], None]) -> list[SourceFile]:
    """Take reference data and every source file of a demo folder.

    Imports and assessments are due afterwards; the caller has them run.
    """
    for name in REFERENCE_FILES:
        text = (folder / name).read_text()
        rows = reference_data_load(OPERATOR, text, name)
        say(f"{name}: {rows} rows")
    received = []
    for entry in json.loads((folder / "sources.json").read_text()):
        path = folder / entry["file"]
        received.append(
            source_file_receive(
                OPERATOR,
                path=path,
                name=path.name,
                provenance=entry["provenance"],
                account=entry["account"] or "",
            )
        )
    say(f"{len(received)} source files received")
    return received
