"""What a management command finds around it: servers, schema and its own right."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from config.engines.addresses import DatabaseRole, make_run_folder

# Commands that work on files and code alone.
_WITHOUT_DATABASE = frozenset(
    {
        "assess_cases",
        "check",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "makemigrations",
        "startapp",
        "version",
    }
)
# Commands about tables rather than rows: nothing is migrated before them.
_AS_OWNER = frozenset({"createcachetable", "flush", "migrate", "showmigrations"})
_HELP_WORDS = frozenset({"--help", "-h", "--version"})


def right_of_command(arguments: Sequence[str]) -> DatabaseRole:
    """Tell in which right a command line speaks to the database.

    Args:
        arguments: the words after manage.py.
    """
    command = arguments[0] if arguments else "help"
    if _HELP_WORDS.intersection(arguments):
        return DatabaseRole.NONE
    if command == "check" and "--database" in arguments:
        return DatabaseRole.APP
    if command in _WITHOUT_DATABASE:
        return DatabaseRole.NONE
    return DatabaseRole.OWNER if command in _AS_OWNER else DatabaseRole.APP


@contextmanager
def command_surroundings(arguments: Sequence[str]) -> Iterator[None]:
    """Have everything a command needs run for the length of a block.

    Nothing is printed on stdout: that is the command's answer.

    Raises:
        EngineStartError: a server could not be started.
        PreparationFailedError: the schema could not be brought up to date.
    """
    role = right_of_command(arguments)
    os.environ.setdefault("DATABASE_ROLE", role)
    if role == DatabaseRole.NONE:
        yield
        return
    # Imported here: commands without a database do not wait for its driver.
    from config.engines.prepare import (
        finish_migration,
        prepare_if_behind,
    )
    from config.engines.running import engines_running
    from config.local_run import secret_key_environment

    run_dir = make_run_folder()
    # Links signed by a command are read by the desk that runs beside it.
    os.environ.update(secret_key_environment(run_dir))
    with engines_running(run_dir):
        if role == DatabaseRole.APP:
            prepare_if_behind(run_dir)
        yield
        if arguments[0] == "migrate":
            finish_migration()
