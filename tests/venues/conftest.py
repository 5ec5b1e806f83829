from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.sheets.open_source import open_source
from recovery.sheets.records import Source
from recovery.venues.interpretation import Interpreter
from recovery.venues.outcomes import Outcome
from recovery.venues.recognition import recognise

Open = Callable[[str], Source]
Understand = Callable[..., tuple[list[Outcome], Interpreter]]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def from_text(text: str) -> Source:
        path = tmp_path / "source.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return open_source(path)

    return from_text


@pytest.fixture
def understand(opened: Open) -> Understand:
    """What every record of a text means, and the interpreter with its notices."""

    def run(text: str, **given: str) -> tuple[list[Outcome], Interpreter]:
        source = opened(text)
        interpreter = Interpreter(recognise(source), **given)
        return list(interpreter.interpret_all(source.records())), interpreter

    return run
