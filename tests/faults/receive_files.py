"""Hands every file of a folder to the desk: `python -m tests.faults.receive_files F`."""

import sys
from pathlib import Path

import django

django.setup()

from recovery.models import Provenance  # noqa: E402 - the settings come first
from recovery.services.actors import OPERATOR  # noqa: E402
from recovery.services.source_files import source_file_receive  # noqa: E402

for path in sorted(Path(sys.argv[1]).glob("*.csv")):
    source_file_receive(
        OPERATOR, path=path, name=path.name, provenance=Provenance.HOUSE
    )
