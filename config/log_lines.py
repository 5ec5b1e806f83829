"""Log records as lines of JSON that hold no personal data.

Nothing gets out because somebody thought of keeping it back: a key, an argument or a
text gets out only because it is known to be harmless. A message is its template; of
its arguments numbers, references of our own and names of our tasks are filled in. An
exception is its type, its code and the places it passed, never what it says: what it
says may quote a row.
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from recovery.services.request_ids import current_request_id

WITHHELD = "…"
# Keys that log calls may add, each a number or a text of the form below.
EXTRA_KEYS = (
    "method",
    "route",
    "status",
    "status_code",
    "milliseconds",
    "position",
    "hash",
    "job",
    "surface",
    "directive",
    "blocked",
)
_CHECKOUT = Path(__file__).resolve().parents[1]
_PLAIN = bool | int | float | None
# References of the desk, names of its tasks, numbers of tasks.
_SAFE_TEXT = re.compile(
    r"[A-Z]{2}-[0-9A-HJKMNP-TV-Z]{4,}(-[0-9A-HJKMNP-TV-Z]{4})*"
    r"|recovery\.[a-z_.]+"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|SIG[A-Z]+"
)
# Extras are written by our own code: route patterns, methods, digests.
_SAFE_EXTRA = re.compile(r"[\w/.:<>^$\\?()-]{0,120}")
# What these say is a finished text, of which nobody knows what went into it.
_FINISHED_TEXTS = frozenset({"celery.redirected", "py.warnings"})


class LineFormatter(logging.Formatter):
    """One record, one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line of a record."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            "request": _reference(record),
            "process": record.process,
        }
        line |= dict(_extras(record))
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _error(record.exc_info[1])
            line["trace"] = list(_places(record.exc_info[1].__traceback__))
        return json.dumps({key: value for key, value in line.items() if value != ""})


def _reference(record: logging.LogRecord) -> str:
    """The reference of now, or of the request that Django speaks of afterwards."""
    request = getattr(record, "request", None)
    return current_request_id() or str(getattr(request, "reference", ""))


def _message(record: logging.LogRecord) -> str:
    if record.name in _FINISHED_TEXTS:
        return WITHHELD
    template = str(record.msg) if isinstance(record.msg, str) else WITHHELD
    if not record.args:
        return template
    try:
        return template % _shown_arguments(record.args)
    except (TypeError, ValueError, KeyError):
        return template


def _shown_arguments(
    arguments: tuple[object, ...] | Mapping[str, object],
) -> tuple[object, ...] | dict[str, object]:
    if isinstance(arguments, Mapping):
        return {key: _shown(value) for key, value in arguments.items()}
    return tuple(_shown(value) for value in arguments)


def _shown(value: object) -> object:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, str) and _SAFE_TEXT.fullmatch(value):
        return value
    if isinstance(value, BaseException):
        return type(value).__name__
    return WITHHELD


def _extras(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    for key in EXTRA_KEYS:
        value = getattr(record, key, "")
        is_safe = isinstance(value, str) and _SAFE_EXTRA.fullmatch(value)
        if is_safe or isinstance(value, _PLAIN):
            yield key, value


def _error(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    told: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    code = getattr(error, "code", None)
    if isinstance(code, str) and _SAFE_EXTRA.fullmatch(code):
        told["code"] = code
    diagnosis = getattr(error, "diag", None)
    for name in ("sqlstate", "constraint_name", "table_name"):
        if value := getattr(diagnosis, name, None):
            told[name] = str(value)
    if error.__cause__ is not None and error.__cause__ is not error:
        told["cause"] = _error(error.__cause__)
    return told


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame, line in traceback.walk_tb(trace):
        path = Path(frame.f_code.co_filename)
        parts = path.parts
        if path.is_relative_to(_CHECKOUT):
            parts = path.relative_to(_CHECKOUT).parts
        if "site-packages" in parts:
            parts = parts[parts.index("site-packages") + 1 :]
        yield f"{'/'.join(parts)}:{line} {frame.f_code.co_name}"
