"""The supervisor leaves nothing behind, however it ends."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import termios
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.engines.addresses import socket_folder
from config.engines.locks import FolderLock
from config.engines.processes import processes_working_in, wait_until
from tests.config.left_behind import MARK, processes_left

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 90.0
REFUSED = 2


class TinyDesk:
    """A supervisor of tiny children in a session of its own."""

    def __init__(self, run_dir: Path, *children: str) -> None:
        self.run_dir = run_dir
        self.mark = uuid.uuid4().hex
        self.output = run_dir.parent / "output"
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL"}
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                tiny_desk_command(run_dir, *children),
                cwd=CHECKOUT,
                env={**environment, MARK: self.mark, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_for(self, text: str) -> None:
        assert wait_until(lambda: text in self.said(), PATIENCE_SECONDS), self.said()

    def left(self) -> list[int]:
        servers = [
            pid
            for folder in ("postgres/data", "redis")
            for pid in processes_working_in(self.run_dir / folder)
        ]
        return processes_left(self.process.pid, self.mark) + servers

    def end(self) -> None:
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(socket_folder(self.run_dir), ignore_errors=True)


@pytest.fixture(autouse=True)
def _hang_up_is_heard() -> Iterator[None]:
    """A run under nohup ignores hanging up, and children inherit that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TinyDesk]:
    desk = TinyDesk(tmp_path / "run", "parent", "leaving")
    desk.wait_for("All is up.")
    yield desk
    desk.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_it_leaves_nothing_behind(
    number: signal.Signals, desk: TinyDesk
) -> None:
    assert len(desk.left()) > 5  # Itself, watcher, two families, servers.
    desk.process.send_signal(number)
    assert desk.process.wait(PATIENCE_SECONDS) == 0
    assert desk.left() == []
    assert "Everything has ended." in desk.said()
    assert not socket_folder(desk.run_dir).exists()


def test_killed_it_leaves_nothing_behind(tmp_path: Path) -> None:
    desk = TinyDesk(tmp_path / "run", "parent", "parent")
    try:
        desk.wait_for("All is up.")
        assert len(desk.left()) > 5
        desk.process.kill()
        desk.process.wait()
        assert wait_until(lambda: desk.left() == [], PATIENCE_SECONDS)
    finally:
        desk.end()


def test_closed_terminal_leaves_nothing_behind(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        tiny_desk_command(tmp_path / "run", "parent"),
        cwd=CHECKOUT,
        env={**os.environ, MARK: mark, "PYTHONUNBUFFERED": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
    )
    os.close(theirs)
    said = b""
    while b"All is up." not in said:
        said += os.read(ours, 4096)
    os.close(ours)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert wait_until(lambda: processes_left(process.pid, mark) == [], 5.0)


def test_child_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    desk = TinyDesk(tmp_path / "run", "stubborn")
    try:
        desk.wait_for("All is up.")
        desk.process.terminate()
        assert desk.process.wait(PATIENCE_SECONDS) == 0
        assert desk.left() == []
    finally:
        desk.end()


def test_crashed_child_runs_again_after_a_growing_pause(tmp_path: Path) -> None:
    desk = TinyDesk(tmp_path / "run", "crashing")
    try:
        desk.wait_for("crashing ended by itself (code 3); again in 1 s")
        desk.wait_for("crashing runs again")
        desk.wait_for("again in 2 s")
    finally:
        desk.process.terminate()
        desk.process.wait(PATIENCE_SECONDS)
        desk.end()


def test_used_port_is_refused_with_the_way_to_another(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = supervisor(tmp_path, PORT=str(port))
    assert done.returncode == REFUSED
    assert f"Port {port} is in use" in done.stdout
    assert f"PORT={port + 1} make run" in done.stdout


def test_second_desk_in_one_folder_is_refused(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "supervisor.lock")
    assert lock.try_acquire()
    done = supervisor(tmp_path)
    lock.release()
    assert done.returncode == REFUSED
    assert "RUN_DIR" in done.stdout


def test_unknown_port_is_refused(tmp_path: Path) -> None:
    done = supervisor(tmp_path, PORT="eighty")
    assert done.returncode == REFUSED
    assert "PORT is not understood" in done.stdout


def tiny_desk_command(run_dir: Path, *children: str) -> list[str]:
    module = "tests.config.tiny_desk"
    return [sys.executable, "-m", module, str(run_dir), *children]


def supervisor(run_dir: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.supervisor"],
        cwd=CHECKOUT,
        env={**os.environ, "RUN_DIR": str(run_dir), **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
