"""Change the core in small ways and see whether a test notices: `make mutants`.

    python -m tests.domain.mutants [--sample N] [--seed S] [--minutes M] [--out FILE]

Works on a copy of the core and its tests, so that nothing here is touched; a
sample is drawn at random by seed, and a run that its time ends says how many
mutants were left.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MUTATED = (
    "settlement*.py",
    "fee_rates.py",
    "margin_level.py",
    "margin_tiers.py",
    "reduction*.py",
    "money.py",
)
COPIED = ("recovery/__init__.py", "recovery/domain", "tests/domain")
NOTHING = "no.such.mutant"
BATCH = 40
# Exit codes of a run of tests, as mutmut keeps them.
SURVIVED = 0
NO_TESTS = (5, 33)
NOT_RUN = None

_SETUP = """[mutmut]
source_paths=
    recovery/domain
only_mutate=
{only}
also_copy=
    recovery
    tests
    pytest.ini
    conftest.py
pytest_add_cli_args_test_selection=
    tests/domain
use_setproctitle=false
timeout_constant=20.0
"""
_PYTEST = """[pytest]
addopts = --import-mode=importlib -p no:randomly -p no:xdist -p no:cov -p no:django
    -p no:socket -p no:playwright -p no:cacheprovider
pythonpath = .
"""
_CONFTEST = '''"""The same examples for every mutant, and no clock."""
from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutants",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=15,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutants")
'''


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and write the result; 1 where fewer than 90 % are killed."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        place = Path(folder)
        _lay_out(place)
        _mutmut(place, NOTHING)
        names = sorted(_verdicts(place))
        chosen = _sample(names, options.sample, options.seed)
        left = _run(place, chosen, time.monotonic() + options.minutes * 60)
        result = _result(place, names, chosen, options)
        result["left_by_time"] = left
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    sys.stdout.write(
        f"mutants: {result['killed']} of {result['judged']} killed"
        f" ({result['killed_percent']} %), {len(names)} in all; {options.out}\n"
    )
    return 0 if result["killed"] * 10 >= result["judged"] * 9 else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says."""
    today = datetime.now(UTC).date()
    out = ROOT / "benchmarks" / "results" / f"mutants-{today}.json"
    parser = argparse.ArgumentParser(prog="mutants")
    parser.add_argument("--sample", type=int, default=0, help="0: every mutant")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--minutes", type=int, default=240)
    parser.add_argument("--out", type=Path, default=out)
    return parser.parse_args(arguments)


def _lay_out(place: Path) -> None:
    """Copy what is mutated and what tests it."""
    for part in COPIED:
        source, target = ROOT / part, place / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "mutants.py")
            shutil.copytree(source, target, ignore=ignore)
        else:
            shutil.copy(source, target)
    only = "\n".join(f"    recovery/domain/{name}" for name in MUTATED)
    (place / "setup.cfg").write_text(_SETUP.format(only=only))
    (place / "pytest.ini").write_text(_PYTEST)
    (place / "conftest.py").write_text(_CONFTEST)


def _mutmut(place: Path, *names: str) -> None:
    """Run mutmut on some mutants; the first run makes them all."""
    command = [
        str(Path(sys.executable).parent / "mutmut"),
        "run",
        "--max-children",
        "2",
    ]
    with (place / "mutmut.log").open("a") as log:
        subprocess.run(
            [*command, *names],
            cwd=place,
            env={**os.environ, "PROPERTY_EXAMPLES": "15"},
            stdout=log,
            stderr=log,
            check=False,
        )


def _verdicts(place: Path) -> dict[str, int | None]:
    """The exit code of the tests for every mutant; None where it was not run."""
    found: dict[str, int | None] = {}
    for meta in sorted((place / "mutants").rglob("*.meta")):
        found |= json.loads(meta.read_text())["exit_code_by_key"]
    return found


def _sample(names: list[str], size: int, seed: int) -> list[str]:
    """Some of the mutants, drawn by seed; all where no size is given."""
    drawn = list(names)
    random.Random(seed).shuffle(drawn)
    return drawn[:size] if size else drawn


def _run(place: Path, chosen: list[str], until: float) -> int:
    """Run batch after batch until the time is over; how many were left."""
    for start in range(0, len(chosen), BATCH):
        if time.monotonic() > until:
            return len(chosen) - start
        _mutmut(place, *chosen[start : start + BATCH])
    return 0


def _result(
    place: Path, names: list[str], chosen: list[str], options: argparse.Namespace
) -> dict[str, Any]:
    """What came out, survivors by name with their change."""
    verdicts = _verdicts(place)
    codes = {name: verdicts[name] for name in chosen if verdicts[name] is not NOT_RUN}
    alive = [name for name, code in codes.items() if code in (SURVIVED, *NO_TESTS)]
    killed = len(codes) - len(alive)
    return {
        "mutants": len(names),
        "seed": options.seed,
        "sample": len(chosen),
        "judged": len(codes),
        "killed": killed,
        "killed_percent": killed * 100 // max(len(codes), 1),
        "by_module": _by_module(codes, alive),
        "survivors": {name: _change(place, name) for name in sorted(alive)},
    }


def _by_module(codes: dict[str, int | None], alive: list[str]) -> dict[str, str]:
    """Killed of judged, by module."""
    whole = Counter(name.split(".")[2] for name in codes)
    left = Counter(name.split(".")[2] for name in alive)
    return {name: f"{whole[name] - left[name]}/{whole[name]}" for name in sorted(whole)}


def _change(place: Path, name: str) -> list[str]:
    """The lines a mutant changed."""
    command = [str(Path(sys.executable).parent / "mutmut"), "show", name]
    shown = subprocess.run(
        command, cwd=place, capture_output=True, text=True, check=False
    )
    return [
        line
        for line in shown.stdout.splitlines()
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]


if __name__ == "__main__":
    sys.exit(main())
