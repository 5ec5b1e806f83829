"""Servers of the tests' own: started once per run, gone with it however it ends.

Named in pyproject's addopts, because pytest-django reads the settings, and with them
the address of the database, before any conftest may speak.
"""


# Playwright only when a browser is wanted.

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.engines.addresses import (
    DatabaseRole,
    database_from_env,
    socket_folder,
)
from config.engines.locks import FolderLock
from config.engines.running import engines_running
from tests.plugins.database import database_of_tests

pytest_plugins = ["tests.plugins.browser", "tests.plugins.order"]

_GUARD = "DESK_TEST_ENGINES"
_TESTS_FOLDER = Path(__file__).resolve().parents[2] / ".run" / "tests"
_WIPE_SECONDS = 60.0
_LOCK_TIMEOUT = "-c lock_timeout=5s"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers before anything reads the settings."""
    if _GUARD in os.environ:  # A worker of xdist finds its controller's servers.
        return
    servers = ExitStack()
    early_config.add_cleanup(servers.close)
    servers.enter_context(_servers_of_this_run())


def pytest_configure() -> None:
    """Say how the test database is made and emptied."""
    database_of_tests()


@contextmanager
def _servers_of_this_run() -> Iterator[None]:
    _TESTS_FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    run_dir = _TESTS_FOLDER / f"run-{os.getpid()}"
    # Held until our servers have their own lock, so that nobody wipes them.
    one_at_a_time = FolderLock(_TESTS_FOLDER / "wipe.lock")
    one_at_a_time.try_acquire(seconds=_WIPE_SECONDS)
    try:
        _wipe_leftovers()
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, run_dir, ignore_errors=True)
            stack.enter_context(
                engines_running(run_dir, durable=False, users_seconds=0)
            )
            one_at_a_time.release()
            stack.enter_context(_environment_of_tests(run_dir))
            yield
    finally:
        one_at_a_time.release()


def _wipe_leftovers() -> None:
    """Remove what killed runs left: folders whose lock nobody holds."""
    for folder in _TESTS_FOLDER.glob("run-*"):
        lock = FolderLock(folder / "engines.lock")
        if lock.try_acquire():
            shutil.rmtree(socket_folder(folder), ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()


@contextmanager
def _environment_of_tests(run_dir: Path) -> Iterator[None]:
    wanted = {
        _GUARD: str(run_dir),
        "RUN_DIR": str(run_dir),
        # Tests make and empty tables; those of the guards connect as desk_app.
        "DATABASE_ROLE": DatabaseRole.OWNER,
        "FILES_DIR": str(run_dir / "files"),
        "MAIL_DIR": str(run_dir / "mail"),
        "LOCAL_HTTP": "true",
        "TESTING_FAST_HASHER": "true",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@pytest.fixture
def as_desk_app(django_db_setup: None) -> Iterator[psycopg.Connection[Any]]:
    """Connect to the test database in the right of the application.

    It sees committed rows only: use it with `transactional_db`.
    """
    from django.db import connection

    app = database_from_env(DatabaseRole.APP)
    with psycopg.connect(
        host=app["HOST"],
        port=app["PORT"] or None,
        user=app["USER"],
        password=app["PASSWORD"] or None,
        dbname=connection.settings_dict["NAME"],
        options=_LOCK_TIMEOUT,
        autocommit=True,
    ) as as_app:
        yield as_app
