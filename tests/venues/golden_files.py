"""The golden files, with what each must come to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(path for path in GOLDEN.iterdir() if path.suffix != ".expected")


@dataclass(frozen=True)
class Case:
    path: Path
    given: dict[str, str]
    expected: dict[str, Any]


def case_of(path: Path) -> Case:
    said = json.loads(path.with_name(f"{path.name}.expected").read_text("utf-8"))
    return Case(path, said["given"], said["comes_to"])
