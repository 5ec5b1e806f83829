"""What the tests themselves stand on: their servers and their browser."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.engines.addresses import socket_folder
from config.engines.locks import FolderLock
from config.engines.processes import processes_working_in, wait_until
from tests.plugins import engines
from tests.plugins.order import stretches

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 90.0
SLEEPING_TEST = (
    "import os, pathlib, time\n"
    "def test_sleeps():\n"
    "    pathlib.Path(__file__).with_name('run').write_text(os.environ['RUN_DIR'])\n"
    "    time.sleep(600)\n"
)


def test_interrupted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    sleeping = tmp_path / "test_sleeping.py"
    sleeping.write_text(SLEEPING_TEST, encoding="utf-8")
    outer = ("DESK_TEST_ENGINES", "RUN_DIR", "DATABASE_URL", "REDIS_URL")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in outer and not name.startswith(("PYTEST_", "COV_"))
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-c", "pyproject.toml", str(sleeping)],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A shell's background job ignores the interrupt, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    told = tmp_path / "run"
    assert wait_until(lambda: told.exists() and told.read_text(), PATIENCE_SECONDS)
    run_dir = Path(told.read_text(encoding="utf-8"))
    assert processes_working_in(run_dir / "postgres" / "data") != []
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_SECONDS) == pytest.ExitCode.INTERRUPTED
    assert processes_working_in(run_dir / "postgres" / "data") == []
    assert processes_working_in(run_dir / "redis") == []
    assert not run_dir.exists()
    assert not socket_folder(run_dir).exists()


def test_leftovers_of_killed_runs_are_wiped_and_running_ones_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_TESTS_FOLDER", tmp_path)
    for name in ("run-1", "run-2"):
        (tmp_path / name).mkdir()
    running = FolderLock(tmp_path / "run-2" / "engines.lock")
    assert running.try_acquire()
    engines._wipe_leftovers()
    running.release()
    assert [path.name for path in tmp_path.iterdir()] == ["run-2"]


class Item:
    """A test of a module, long or not."""

    def __init__(self, module: str, mark: str = "", fixture: str = "") -> None:
        self.nodeid = f"{module}::test"
        self.fixturenames = [fixture]
        self.get_closest_marker = lambda name: name if name == mark else None


def test_each_worker_begins_with_its_share_of_the_long_modules() -> None:
    desk = [Item(name, "slow", "at_work") for name in "de"]
    long = [Item(name, "slow") for name in "aabb"] + [Item("c", "browser")]
    short = [Item(f"short{number}") for number in range(8)]
    ordered = stretches([*short, *long[:2], *desk, *long[2:]], 2)
    names = [item.nodeid.partition("::")[0] for item in ordered]
    assert sorted(names) == sorted([*"aabbcde", *(f"short{n}" for n in range(8))])
    # Fifteen tests: the first worker is handed seven of them.
    assert names[:4] == [*"debb"]
    assert names[7:10] == [*"aac"]
    assert all(name.startswith("short") for name in names[4:7] + names[10:])


@pytest.mark.browser
@pytest.mark.parametrize(
    "complaint",
    ["console.error('wrong')", "setTimeout(() => { throw Error('wrong') })"],
)
def test_page_that_complains_is_noticed(
    complaint: str, browser_page: "Page", browser_errors: list[str]
) -> None:
    browser_page.set_content(f"<script>{complaint}</script>")
    browser_page.wait_for_timeout(100)
    assert len(browser_errors) == 1
    assert "wrong" in browser_errors.pop()
