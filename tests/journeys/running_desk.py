"""The real thing, started as `make run` starts it, in a session of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable
from email import message_from_string
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from config.engines.addresses import DatabaseRole, embedded_database, socket_folder
from config.engines.processes import processes_working_in, wait_until
from tests.config.left_behind import MARK, processes_left

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 180.0
PATIENCE_SECONDS = 60.0
_MAIL_END = "-" * 79
_LOGIN = re.compile(r"^(\w+) +(\S{16}) +\w+ +([A-Z2-7]{32}) ", re.MULTILINE)
# What tests set for themselves must not reach a desk that a stranger would start.
_NOT_A_STRANGERS = re.compile(
    r"^(DATABASE_|REDIS_URL|DJANGO_|DESK_TEST_|FILES_DIR|MAIL_DIR|TESTING_|PYTEST)"
)
# A killed worker's job is free again after this long; the shipped value is a minute.
_LEASE_SECONDS = 12
# Rung for again soon after that; the shipped value is ten.
_SWEEP_SECONDS = 2


class Mail(NamedTuple):
    """One mail that was caught in a file."""

    to: str
    subject: str
    body: str


class RunningDesk:
    """A supervisor, its card, its mails and a look into its database."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.port = _free_port()
        self.site = f"http://127.0.0.1:{self.port}"
        self.mark = uuid.uuid4().hex
        self.output = run_dir.parent / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.supervisor"],
                cwd=CHECKOUT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        ours = {
            name: value
            for name, value in os.environ.items()
            if not _NOT_A_STRANGERS.match(name)
        }
        return {
            **ours,
            MARK: self.mark,
            "JOB_LEASE_SECONDS": str(_LEASE_SECONDS),
            "LOCAL_HTTP": "true",
            "PORT": str(self.port),
            "RUN_DIR": str(self.run_dir),
            "SWEEP_SECONDS": str(_SWEEP_SECONDS),
        }

    # What it says ------------------------------------------------------------------

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_for_card(self) -> None:
        """Wait until the last login stands there."""
        is_there = wait_until(
            lambda: "Ruth Amari" in self.said() or self.process.poll() is not None,
            START_SECONDS,
        )
        assert is_there, self.said()
        assert self.process.poll() is None, self.said()

    def logins(self) -> dict[str, tuple[str, str]]:
        """Login to password and secret of the code generator."""
        found = _LOGIN.findall(self.said())
        return {login: (password, secret) for login, password, secret in found}

    def claim_reference(self) -> str:
        return self._said(r"A claim +(CL-\S+)")

    def pid_of(self, name: str) -> int:
        return int(self._said(rf"started.* {name} (\d+)"))

    def _said(self, pattern: str) -> str:
        found = re.search(pattern, self.said())
        assert found, self.said()
        return found[1]

    # Beside it ---------------------------------------------------------------------

    def command(self, *words: str | Path) -> str:
        """Run a command of manage.py, as the handbook says to."""
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, words)],
            cwd=CHECKOUT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Read the database; nothing can be written this way."""
        app = embedded_database(self.run_dir, DatabaseRole.APP)
        with psycopg.connect(
            host=app["HOST"],
            user=app["USER"],
            dbname=app["NAME"],
            options="-c default_transaction_read_only=on",
            row_factory=dict_row,
        ) as reader:
            return reader.execute(sql, values).fetchall()

    def wait_for_row(self, sql: str, *values: object) -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        def is_there() -> bool:
            found[:] = self.rows(sql, *values)
            return bool(found)

        assert wait_until(is_there, PATIENCE_SECONDS), (sql, values)
        return found[0]

    def mails(self, to: str, about: str) -> list[Mail]:
        """Every caught mail to an address whose subject holds some words."""
        files = sorted((self.run_dir / "mail").glob("*.log"))
        texts = [text for file in files for text in _mails_of(file)]
        mails = [_mail_of(text) for text in texts]
        return [mail for mail in mails if mail.to == to and about in mail.subject]

    def wait_for_mail(self, to: str, about: str) -> Mail:
        wait_for(lambda: self.mails(to, about))
        return self.mails(to, about)[-1]

    # Its end -----------------------------------------------------------------------

    def left(self) -> list[int]:
        servers = [
            pid
            for folder in ("postgres/data", "redis")
            for pid in processes_working_in(self.run_dir / folder)
        ]
        return processes_left(self.process.pid, self.mark) + servers

    def end(self) -> None:
        """End whatever a failed walk left running."""
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(socket_folder(self.run_dir), ignore_errors=True)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait as long as a patient person would."""
    assert wait_until(lambda: bool(condition()), PATIENCE_SECONDS), "it never came"


def _mails_of(file: Path) -> list[str]:
    # The last piece is what was not written to its end yet.
    return file.read_text(encoding="utf-8").split(_MAIL_END)[:-1]


def _mail_of(text: str) -> Mail:
    message = message_from_string(text.lstrip("\n"))
    return Mail(message["To"], message["Subject"], str(message.get_payload()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
