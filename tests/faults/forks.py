"""Asks the zygote for acts in children that may die, and tells how each ended."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from config.engines.addresses import DatabaseRole, database_from_env

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What may happen to a child.

    Attributes:
        statement: It dies instead of sending its N-th statement.
        point: It dies at a fail point, as `name:count`.
        seconds: It and all it started are killed so long after the start.
        host: Where it finds the database, when not where everybody does.
        role: In which right it speaks to it.
        file_bytes: No file may grow beyond this, as on a disk that is full.
    """

    statement: int = 0
    point: str = ""
    seconds: float = PATIENCE_SECONDS
    host: str = ""
    role: DatabaseRole = DatabaseRole.APP
    file_bytes: int = 0


UNDISTURBED = Fate()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: killed, refused or with an answer."""

    was_killed: bool
    seconds: float
    statements: int = 0
    answer: Any = None
    error: str = ""
    code: str = ""
    text: str = ""


class Forks:
    """One zygote; each call is one act in one child."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-m", "tests.faults.zygote"),
            cwd=CHECKOUT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DATABASE_ROLE": DatabaseRole.APP,
                "LOG_LEVEL": "CRITICAL",
                "PYTHONWARNINGS": "ignore",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready\n"

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def __call__(
        self, command: str, fate: Fate = UNDISTURBED, **arguments: Any
    ) -> Ended:
        """Do one act in a child; with the application's right on this very database."""
        asked = {
            "command": command,
            "arguments": arguments,
            "database": _address(fate),
            "settings": {
                "FAIL_AT": fate.point,
                "FILES_DIR": str(settings.FILES_DIR),
                "JOB_LEASE_SECONDS": 1,
                "JOB_TRIES_MAX": 1000,
                "EMAIL_BACKEND": settings.EMAIL_BACKEND,
                "EMAIL_PORT": settings.EMAIL_PORT,
                "EMAIL_HOST": settings.EMAIL_HOST,
                "EMAIL_TIMEOUT": settings.EMAIL_TIMEOUT,
            },
            "die_at_statement": fate.statement,
            "die_after_seconds": fate.seconds,
            "file_bytes": fate.file_bytes,
        }
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._line()))

    def close(self) -> None:
        """End the zygote; it has no children between calls."""
        self._process.kill()
        self._process.communicate()


def _address(fate: Fate) -> dict[str, str]:
    found = database_from_env(fate.role)
    return {
        "NAME": str(connection.settings_dict["NAME"]),
        "USER": found["USER"],
        "PASSWORD": found["PASSWORD"],
        "HOST": fate.host or str(connection.settings_dict["HOST"]),
        "PORT": found["PORT"],
    }
