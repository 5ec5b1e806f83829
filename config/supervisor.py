"""`make run`: the whole desk on one machine, and nothing left of it afterwards.

Web, worker and beat over the embedded servers. Whatever ends this process, everything
it started ends too: each child is in a process group of its own, asks the kernel to
be told of our death, and a watcher outside our session ends the groups that remain.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError
from types import FrameType

from config.children import Child, ChildPlan, Surroundings
from config.engines.addresses import make_run_folder
from config.engines.errors import EngineStartError, PreparationFailedError
from config.engines.locks import FolderLock
from config.engines.prepare import prepare_database, prepare_if_behind
from config.engines.processes import children_of, wait_until
from config.engines.running import Engines, engines_running
from config.env import EnvironmentValueError, env_secret, env_str
from config.first_commands import FirstCommands
from config.local_run import (
    CHECKOUT,
    collect_static_files,
    first_commands,
    is_port_free,
    local_environment,
    site_answers,
)
from config.processes import port_from_env, process_commands
from config.watcher import Watcher

_PR_SET_CHILD_SUBREAPER = 36
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_POLL_SECONDS = 0.1
_ORPHAN_SECONDS = 3.0
# The order of ending: nobody new comes in, nothing new is due, work is finished.
_STOP_ORDER = ("web", "beat", "worker", "worker-recompute", "worker-mail")
_REFUSED = 2
_FAILED = 1


class StopRequestedError(Exception):
    """Somebody asked the desk to end while it was still starting."""


@dataclass(frozen=True, slots=True)
class DeskPlan:
    """What one supervisor runs.

    Attributes:
        run_dir: the folder of everything it writes.
        children: in the order of ending.
        environment: of all children.
        prepare: brings database and files up to date, once the servers run.
        is_ready: tells whether the site answers.
        first_commands: run one after the other once the site answers.
        site: where the site is reached.
    """

    run_dir: Path
    children: Sequence[ChildPlan]
    environment: Mapping[str, str]
    prepare: Callable[[], None]
    is_ready: Callable[[], bool]
    first_commands: Sequence[Sequence[str]] = ()
    site: str = ""


@dataclass(slots=True)
class _StopWish:
    """How often somebody asked us to end; twice means at once."""

    count: int = 0
    is_starting: bool = True

    def note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.is_starting:
            self.is_starting = False
            raise StopRequestedError

    def in_hurry(self) -> bool:
        return self.count > 1


class Supervisor:
    """Runs one plan until it is asked to end."""

    def __init__(self, plan: DeskPlan) -> None:
        """Keep the plan; nothing is started yet."""
        self._plan = plan
        self._wish = _StopWish()

    def run(self) -> int:
        """Run the desk and give the exit code.

        Raises:
            EngineStartError: a server could not be started.
            PreparationFailedError: the schema could not be brought up to date.
            CalledProcessError: the static files could not be collected.
        """
        _adopt_orphans()
        self._listen()
        watcher = Watcher()
        try:
            self._run_watched(self._surroundings(watcher))
        except StopRequestedError:
            say("Asked to end while starting.")
        finally:
            self._wish.is_starting = False
            _end_orphans(keep=watcher.pid)
            watcher.close()
        say("Everything has ended.")
        return 0

    def _listen(self) -> None:
        for number in _SIGNALS:
            # Under nohup a closed terminal is meant to be survived.
            is_nohup = signal.getsignal(number) is signal.SIG_IGN
            if not (number == signal.SIGHUP and is_nohup):
                signal.signal(number, self._wish.note)

    def _surroundings(self, watcher: Watcher) -> Surroundings:
        logs = self._plan.run_dir / "logs"
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Surroundings(
            folder=CHECKOUT,
            logs=logs,
            environment=self._plan.environment,
            watcher=watcher,
            say=say,
        )

    def _run_watched(self, around: Surroundings) -> None:
        with engines_running(self._plan.run_dir, users_seconds=0) as engines:
            for pid in engines.pids.values():
                around.watcher.begun(pid)
            self._plan.prepare()
            with self._children(around) as children:
                self._wish.is_starting = False
                for line in _where_things_are(self._plan, engines, children):
                    say(line)
                self._supervise(engines, children, around)

    @contextmanager
    def _children(self, around: Surroundings) -> Iterator[list[Child]]:
        children = [Child(plan, around) for plan in self._plan.children]
        try:
            for child in reversed(children):
                child.start()
            yield children
        finally:
            self._wish.is_starting = False
            for child in children:
                child.stop(hurry=self._wish.in_hurry)

    def _supervise(
        self, engines: Engines, children: list[Child], around: Surroundings
    ) -> None:
        first = FirstCommands(self._plan.first_commands, self._plan.is_ready, around)
        try:
            while not self._wish.count:
                first.go_on()
                _revive(engines, around)
                for child in children:
                    child.keep_running()
                time.sleep(_POLL_SECONDS)
        finally:
            say("Ending; once more (Ctrl-C) ends everything at once.")
            first.stop()


def say(line: str) -> None:
    """Tell people at the terminal, as long as there is one."""
    try:
        print(line, flush=True)  # noqa: T201 - this is the supervisor's voice
    except OSError:
        # The terminal was closed: nobody listens any more.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def desk_plan(run_dir: Path, port: int) -> DeskPlan:
    """Give the plan of the whole desk for a run folder and a port."""
    commands = process_commands()
    environment = local_environment(run_dir)
    return DeskPlan(
        run_dir=run_dir,
        children=[ChildPlan(name, commands[name]) for name in _STOP_ORDER],
        environment=environment,
        prepare=lambda: _prepare(run_dir, environment),
        is_ready=lambda: site_answers(port),
        first_commands=list(first_commands()),
        site=f"http://127.0.0.1:{port}/",
    )


def main() -> int:
    """Run the desk on PORT, unless the port or the run folder is taken."""
    try:
        port, run_dir = port_from_env(), make_run_folder()
        only_one = FolderLock(run_dir / "supervisor.lock")
        if not only_one.try_acquire():
            say(f"A desk is running in {run_dir} already; RUN_DIR=… names another.")
            return _REFUSED
        if not is_port_free(port):
            say(f"Port {port} is in use. Choose another: PORT={port + 1} make run")
            return _REFUSED
        return Supervisor(desk_plan(run_dir, port)).run()
    except EnvironmentValueError as error:
        say(str(error))
        return _REFUSED
    except (EngineStartError, PreparationFailedError, CalledProcessError) as error:
        say(str(error))
        return _FAILED


def _prepare(run_dir: Path, environment: Mapping[str, str]) -> None:
    if env_secret("DATABASE_URL") is None:
        prepare_if_behind(run_dir)
    else:
        prepare_database()
    collect_static_files(run_dir, environment)


def _where_things_are(
    plan: DeskPlan, engines: Engines, children: Sequence[Child]
) -> Iterator[str]:
    pids = {child.plan.name: child.pid for child in children} | engines.pids
    started = ", ".join(f"{name} {pid}" for name, pid in pids.items())
    yield f"Recovery Desk   {plan.site}"
    yield f"  started       {started}"
    if not engines.is_ours:
        yield "  servers       somebody else's (DATABASE_URL, REDIS_URL or another run)"
    yield f"  run folder    {plan.run_dir}"
    yield f"  logs          {plan.run_dir / 'logs'}"
    yield f"  mail          {env_str('MAIL_DIR', str(plan.run_dir / 'mail'))}"
    yield "  Ctrl-C ends everything."


def _revive(engines: Engines, around: Surroundings) -> None:
    before = engines.pids
    for name in engines.revive():
        say(f"{name} had ended by itself; it runs again.")
        around.watcher.ended(before[name])
        around.watcher.begun(engines.pids[name])


def _adopt_orphans() -> None:
    """Have grandchildren whose parent dies become our children, not init's."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_orphans(*, keep: int) -> None:
    """End and reap whatever became our child without being started by us."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        orphans = [pid for pid in children_of(os.getpid()) if pid != keep]
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        wait_until(partial(_are_reaped, orphans), _ORPHAN_SECONDS)


def _are_reaped(pids: Sequence[int]) -> bool:
    return all(_is_reaped(pid) for pid in pids)


def _is_reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


if __name__ == "__main__":
    raise SystemExit(main())
