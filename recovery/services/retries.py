"""Doing a whole act again when the database undid it for no fault of its own.

Only whole functions are done again, never the rest of one: what they had read may not
be true any more.
"""

import secrets
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import Error, close_old_connections, connection

T = TypeVar("T")
TRIES_MAX = 5
# Two acts met, and PostgreSQL undid one of them whole.
_MET = frozenset({"40001", "40P01"})
# The server is shutting down, starting, or was crashed by somebody else's backend.
_AWAY = frozenset({"57P01", "57P02", "57P03"})
_MILLISECONDS = 50


def is_met(error: BaseException) -> bool:
    """Whether an act was undone because it met another one."""
    return _sqlstate(error) in _MET


def is_away(error: BaseException) -> bool:
    """Whether the database went away; whether a commit came through is unknown."""
    if not isinstance(error, Error):
        return False
    state = _sqlstate(error)
    if state:
        return state in _AWAY or state.startswith("08")
    # Errors that no server told: the connection broke, or there was none.
    return type(error).__name__ in {"OperationalError", "InterfaceError"}


def retried(
    act: Callable[[], T],
    *,
    is_safe_to_repeat: bool = False,
    tries: int = TRIES_MAX,
    pause: Callable[[float], object] = time.sleep,
) -> T:
    """Do an act, and do it again when the database undid it.

    Inside a transaction it is done once: only the whole can be done again.

    Args:
        is_safe_to_repeat: The act knows by a key whether it was done; then a broken
            connection is a reason to do it again too.

    Raises:
        Error: The last try failed the same way; or it failed another way.
    """
    for number in range(1, tries + 1):
        try:
            return act()
        except Error as error:
            may_again = is_met(error) or (is_safe_to_repeat and is_away(error))
            if number == tries or connection.in_atomic_block or not may_again:
                raise
        close_old_connections()
        wait = _MILLISECONDS * 2**number
        pause((wait + secrets.randbelow(wait)) / 1000)
    raise AssertionError  # A loop of at least one round returns or raises.


def _sqlstate(error: BaseException) -> str:
    cause = error.__cause__ or error
    return str(getattr(cause, "sqlstate", None) or "")
