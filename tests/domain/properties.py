"""Hold the core's properties on many examples each: `make properties`.

    python -m tests.domain.properties [--examples N] [--out FILE] [pytest arguments]

Every property of `tests/domain` runs with so many examples, also the ones that a
usual run gives a hundred; what came out is kept test by test.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("tests/domain", "tests/worked_examples")
_TEST = re.compile(r"^(tests/\S+::\S.*):$")
_COUNTS = re.compile(r"(\d+) passing, (\d+) failing, and (\d+) invalid")


def pytest_configure(config: pytest.Config) -> None:
    """As a plugin: give every property the number of examples asked for."""
    del config
    settings.register_profile(
        "properties",
        max_examples=int(os.environ["PROPERTY_EXAMPLES"]),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("properties")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print a line and write the result; what pytest says of it."""
    options, rest = _options(arguments)
    started = time.monotonic_ns()
    told, code = _run(options.examples, rest or PLACES)
    seconds = (time.monotonic_ns() - started) // 1_000_000_000
    found = _counts(told)
    result = {
        "examples": options.examples,
        "seconds": seconds,
        "outcome": told.splitlines()[-1] if told else "",
        "properties": found,
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    examples = sum(one["passing"] for one in found.values())
    sys.stdout.write(
        f"properties: {len(found)} held on {examples} examples in {seconds} s,"
        f" exit {code}; {options.out}\n"
    )
    return code


def _options(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """What the command line says, and what is pytest's."""
    today = datetime.now(UTC).date()
    out = ROOT / "benchmarks" / "results" / f"properties-{today}.json"
    parser = argparse.ArgumentParser(prog="properties")
    parser.add_argument("--examples", type=int, default=5000)
    parser.add_argument("--out", type=Path, default=out)
    return parser.parse_known_args(arguments)


def _run(examples: int, rest: Sequence[str]) -> tuple[str, int]:
    """What pytest says, with the statistics of every property."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.domain.properties"]
    done = subprocess.run(
        [*command, "--hypothesis-show-statistics", *rest],
        cwd=ROOT,
        env={
            **os.environ,
            "PROPERTY_EXAMPLES": str(examples),
            "DESK_TEST_ENGINES": "none",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    sys.stdout.write(done.stdout)
    return done.stdout.strip(), done.returncode


def _counts(told: str) -> dict[str, dict[str, int]]:
    """Passing, failing and invalid examples by test."""
    found: dict[str, dict[str, int]] = {}
    name = ""
    for line in told.splitlines():
        if test := _TEST.match(line):
            name = test[1]
        elif counts := _COUNTS.search(line):
            before = found.setdefault(name, {"passing": 0, "failing": 0, "invalid": 0})
            for key, number in zip(before, counts.groups(), strict=True):
                before[key] += int(number)
    return dict(sorted(found.items()))


if __name__ == "__main__":
    sys.exit(main())
