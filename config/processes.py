"""The one definition of the processes a running desk consists of.

The supervisor of `make run` and docker-compose both start them through here:
`python -m config.processes worker` becomes the worker.
"""

import os
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from config.engines.addresses import make_run_folder, run_folder
from config.env import EnvironmentValueError, env_int, env_str
from recovery.domain.work import Queue

PORT_DEFAULT = 8000
_PORT_MAX = 65_535


def port_from_env() -> int:
    """Give the port of the web process: PORT, else 8000.

    Raises:
        EnvironmentValueError: PORT is no port.
    """
    port = env_int("PORT", PORT_DEFAULT)
    if not 0 < port <= _PORT_MAX:
        raise EnvironmentValueError("PORT", f"a port from 1 to {_PORT_MAX}")
    return port


def process_commands() -> Mapping[str, tuple[str, ...]]:
    """Give the command line of every process by its name.

    Raises:
        EnvironmentValueError: the environment asks for something not understood.
    """
    address = f"{env_str('WEB_HOST', '127.0.0.1')}:{port_from_env()}"
    return MappingProxyType(
        {
            "web": (
                *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
                *("--bind", address),
                *("--workers", str(env_int("WEB_PROCESSES", 2))),
                *("--threads", str(env_int("WEB_THREADS", 4))),
                *("--worker-class", "config.web_worker.PatientWorker"),
                *("--graceful-timeout", "10"),
                "--no-control-socket",  # It would lie in the home folder.
            ),
            "worker": _worker(
                "worker",
                (Queue.IMPORT, Queue.RECOMPUTE, Queue.EXPORT),
                *("--concurrency", str(env_int("WORKER_PROCESSES", 2))),
            ),
            # Imports may fill the one above; they never delay what follows.
            "worker-recompute": _worker(
                "worker-recompute",
                (Queue.RECOMPUTE, Queue.EXPORT),
                *("--concurrency", str(env_int("WORKER_RECOMPUTE_PROCESSES", 1))),
            ),
            # One process with two threads: a mail may wait for its server while
            # the sweeper goes on.
            "worker-mail": _worker(
                "worker-mail", (Queue.MAIL,), "--pool", "threads", "--concurrency", "2"
            ),
            "beat": (
                *(sys.executable, "-m", "celery", "-A", "config.celery", "beat"),
                *("--schedule", str(run_folder() / "beat-schedule")),
                "--pidfile=",  # A file left by a kill would stop the next start.
                *("--loglevel", env_str("LOG_LEVEL", "INFO")),
            ),
        }
    )


def _worker(name: str, queues: tuple[Queue, ...], *pool: str) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "celery", "-A", "config.celery", "worker"),
        *("--hostname", f"{name}@%h"),
        *("--queues", ",".join(queues)),
        *pool,
        *("--loglevel", env_str("LOG_LEVEL", "INFO")),
        # Workers need not know each other: the job rows coordinate them.
        *("--without-gossip", "--without-mingle"),
    )


def main(arguments: list[str]) -> NoReturn:
    """Become one of the processes, or say which there are."""
    try:
        commands = process_commands()
    except EnvironmentValueError as error:
        sys.exit(str(error))
    if len(arguments) != 1 or arguments[0] not in commands:
        sys.exit(f"Name one process: {', '.join(commands)}.")
    command = commands[arguments[0]]
    make_run_folder()
    os.execv(command[0], command)  # noqa: S606 - our own fixed command


if __name__ == "__main__":
    main(sys.argv[1:])
