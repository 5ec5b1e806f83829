"""Readers of the environment that refuse what they do not understand.

Every setting comes through one of these. A value that is not understood stops the
start and names the variable and what was expected, never the value itself: it may
be a secret put into the wrong place.
"""

import os
from collections.abc import Sequence
from pathlib import Path

_TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
_FALSE_WORDS = frozenset({"0", "false", "no", "off"})


class EnvironmentValueError(ValueError):
    """An environment variable holds a value that is not understood."""

    code = "environment_value"

    def __init__(self, name: str, expected: str) -> None:
        """Name the variable and what it should have held."""
        super().__init__(f"{name} is not understood: expected {expected}.")
        self.name = name
        self.expected = expected


def env_bool(name: str, default: bool) -> bool:
    """Read a yes or no; unset or empty means the default.

    Raises:
        EnvironmentValueError: the value is no known word for yes or no.
    """
    word = _stripped(name).lower()
    if not word:
        return default
    if word in _TRUE_WORDS:
        return True
    if word in _FALSE_WORDS:
        return False
    raise EnvironmentValueError(name, "true or false (also 1/0, yes/no, on/off)")


def env_int(name: str, default: int) -> int:
    """Read a whole number in plain ASCII digits; unset or empty means the default.

    Raises:
        EnvironmentValueError: the value is no whole number.
    """
    digits = _stripped(name)
    if not digits:
        return default
    unsigned = digits.removeprefix("-")
    if not (unsigned.isascii() and unsigned.isdecimal()):
        raise EnvironmentValueError(name, "a whole number")
    return int(digits)


def env_str(name: str, default: str = "") -> str:
    """Read a text without the spaces around it; unset or empty means the default."""
    return _stripped(name) or default


def env_list(name: str, default: Sequence[str] = ()) -> tuple[str, ...]:
    """Read texts parted by commas; unset or empty means the default.

    Raises:
        EnvironmentValueError: a place between two commas is empty.
    """
    text = _stripped(name)
    if not text:
        return tuple(default)
    words = tuple(word.strip() for word in text.split(","))
    if not all(words):
        raise EnvironmentValueError(name, "texts parted by single commas")
    return words


def env_secret(name: str) -> str | None:
    """Read a secret from NAME, or from the file that NAME_FILE points to.

    Returns:
        The secret without the line end, or None when neither is set.

    Raises:
        EnvironmentValueError: both are set, or the file is unreadable or empty.
    """
    value, file_name = _stripped(name), _stripped(f"{name}_FILE")
    if value and file_name:
        raise EnvironmentValueError(name, f"either {name} or {name}_FILE, not both")
    if file_name:
        return _secret_of_file(f"{name}_FILE", Path(file_name))
    return value or None


def _secret_of_file(name: str, path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentValueError(name, "the path of a readable file") from error
    if not secret:
        raise EnvironmentValueError(name, "the path of a file that is not empty")
    return secret


def _stripped(name: str) -> str:
    return os.environ.get(name, "").strip()
