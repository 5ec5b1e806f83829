"""The engines where they have it hard: other users, killed starts, other folders."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from config.engines.addresses import make_run_folder, socket_folder
from config.engines.data_folder import require_own_folder
from config.engines.errors import DataFolderError, EngineStartError
from config.engines.processes import processes_working_in, wait_until
from config.engines.running import engines_running
from config.env import EnvironmentValueError
from tests.config.left_behind import MARK, processes_left
from tests.config.test_engines import (
    CHECKOUT,
    HOLD,
    PATIENCE_SECONDS,
    connect,
    holder,
    servers_of,
)

pytestmark = pytest.mark.slow
SOMEBODY_ELSE = 12345
ORDINARY = 1000
SITE = (
    "import dataclasses, os, sys\n"
    "from config.engines.addresses import make_run_folder\n"
    "from config.supervisor import Supervisor, desk_plan\n"
    "plan = desk_plan(make_run_folder(), int(os.environ['PORT']))\n"
    "told = 'import os; print(\"All is up for user\", os.geteuid())'\n"
    "plan = dataclasses.replace(plan,\n"
    "    children=[one for one in plan.children if one.name == 'web'],\n"
    "    first_commands=[(sys.executable, '-c', told)])\n"
    "raise SystemExit(Supervisor(plan).run())\n"
)


@pytest.fixture(autouse=True)
def _no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "FILES_DIR", "MAIL_DIR"):
        monkeypatch.delenv(name, raising=False)


def as_ordinary_user(folder: Path) -> list[str]:
    """Give the words that make a program run without root's rights over a folder.

    Root becomes another user in a namespace of its own, which needs no account on
    the machine; where that is forbidden, truly another user.
    """
    if os.geteuid() != 0:
        return []
    mapped = ["unshare", "--user", f"--map-user={ORDINARY}", "--"]
    changed = ["setpriv", f"--reuid={ORDINARY}", "--clear-groups", "--"]
    for words in (mapped, changed):
        if words is changed:
            os.chown(folder, ORDINARY, ORDINARY)
        probe = [*words, sys.executable, "-c", "import config.engines.running"]
        if subprocess.run(probe, cwd=CHECKOUT, check=False).returncode == 0:
            return words
    pytest.fail("This machine lets root become nobody else.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_ordinary_user_runs_the_servers_and_the_site(tmp_path: Path) -> None:
    port, mark, output = free_port(), uuid.uuid4().hex, tmp_path / "output"
    run_dir = tmp_path / "run"
    environment = os.environ | {
        "RUN_DIR": str(run_dir),
        "PORT": str(port),
        "WEB_PROCESSES": "1",
        "PYTHONUNBUFFERED": "1",
        MARK: mark,
    }
    with output.open("wb") as said:
        desk = subprocess.Popen(
            [*as_ordinary_user(tmp_path), sys.executable, "-c", SITE],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def is_up_or_ended() -> bool:
        return "All is up" in output.read_text() or desk.poll() is not None

    try:
        assert wait_until(is_up_or_ended, 90.0), output.read_text()
        assert "All is up" in output.read_text(), output.read_text()
        assert "for user 0" not in output.read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 200
        desk.terminate()
        assert desk.wait(PATIENCE_SECONDS) == 0
        assert processes_left(desk.pid, mark) == []
    finally:
        for pid in processes_left(desk.pid, mark):
            os.kill(pid, signal.SIGKILL)
        desk.wait()


@pytest.mark.parametrize("home", ["closed", "unset"])
def test_servers_run_without_a_home(home: str, tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o500)
    environment = {**os.environ, "HOME": str(closed)}
    if home == "unset":
        del environment["HOME"]
    run_dir = tmp_path / "run"
    done = subprocess.run(
        [*as_ordinary_user(tmp_path), sys.executable, "-c", HOLD, str(run_dir)],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr
    assert list(closed.iterdir()) == []


def test_two_run_folders_have_servers_of_their_own(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with (
        engines_running(one, durable=False) as first,
        engines_running(other, durable=False) as second,
    ):
        assert first.is_ours
        assert second.is_ours
        with connect(one) as connection:
            connection.execute("CREATE TABLE only_in_one AS SELECT 1 AS id")
        with connect(other) as connection:
            found = connection.execute("SELECT to_regclass('only_in_one')").fetchone()
        assert found == (None,)
    assert servers_of(one) == servers_of(other) == []


def test_servers_run_on_another_file_system() -> None:
    memory = Path("/dev/shm")
    run_dir = memory / f"desk-test-{uuid.uuid4().hex}"
    assert memory.stat().st_dev != CHECKOUT.stat().st_dev
    try:
        with engines_running(run_dir, durable=False) as engines:
            assert engines.is_ours
            with connect(run_dir) as connection:
                connection.execute("SELECT 1")
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


def _maps_of(pid: int) -> str:
    """The memory of a process; nothing of one that ended while we looked."""
    try:
        return Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def shared_memory_of(run_dir: Path) -> set[Path]:
    """What the servers of a folder keep in memory beside their processes."""
    maps = [_maps_of(pid) for pid in servers_of(run_dir)]
    return {
        Path(name) for name in re.findall(r"/dev/shm/PostgreSQL\.\d+", "".join(maps))
    }


def test_everything_killed_at_once_starts_again_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    with holder(tmp_path) as (owner, _):
        with connect(tmp_path) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS id")
        left = shared_memory_of(tmp_path)
        assert left
        owner.kill()
        for pid in servers_of(tmp_path):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        owner.wait(PATIENCE_SECONDS)
    assert socket_folder(tmp_path).exists()
    with engines_running(tmp_path) as engines:
        assert engines.is_ours
        with connect(tmp_path) as connection:
            assert connection.execute("SELECT id FROM kept").fetchone() == (1,)
    assert not [path for path in left if path.exists()]
    assert not socket_folder(tmp_path).exists()


def test_start_killed_while_making_its_data_folder_is_mended(tmp_path: Path) -> None:
    making = tmp_path / "postgres" / "making"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert wait_until((making / "PG_VERSION").exists, PATIENCE_SECONDS)
    process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()
    assert not (tmp_path / "postgres" / "data").exists()
    with engines_running(tmp_path, durable=False), connect(tmp_path) as connection:
        connection.execute("SELECT 1")
    assert not making.exists()
    assert processes_working_in(making) == []


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("17\n", r"made by PostgreSQL 17, the server here is \d+.*operations\.md"),
        ("", "no whole data folder.*move it away"),
        (None, "no whole data folder.*move it away"),
    ],
)
def test_data_this_server_cannot_work_on_are_refused_and_kept(
    version: str | None, said: str, tmp_path: Path
) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "kept").write_text("somebody's money", encoding="utf-8")
    if version is not None:
        (data / "PG_VERSION").write_text(version, encoding="utf-8")
    with pytest.raises(DataFolderError, match=said), engines_running(tmp_path):
        pass
    assert (data / "kept").read_text(encoding="utf-8") == "somebody's money"
    assert servers_of(tmp_path) == []


def test_run_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, SOMEBODY_ELSE, SOMEBODY_ELSE)
    folder = tmp_path if os.geteuid() == 0 else Path("/")
    with pytest.raises(EngineStartError, match=r"belongs to the user .*RUN_DIR"):
        require_own_folder(folder)


def test_run_folder_that_is_closed_to_us_is_refused(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    told = (
        "from config.engines.addresses import make_run_folder\n"
        "from config.env import EnvironmentValueError\n"
        "try:\n    make_run_folder()\n"
        "except EnvironmentValueError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [*as_ordinary_user(tmp_path), sys.executable, "-c", told],
        cwd=CHECKOUT,
        env={**os.environ, "RUN_DIR": str(closed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("RUN_DIR is not understood"), done.stderr
    assert str(closed) in done.stdout


def test_run_folder_under_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RUN_DIR", str(tmp_path / "file" / "run"))
    with pytest.raises(EnvironmentValueError, match="RUN_DIR"):
        make_run_folder()
