"""A worker's ear: what it puts away unheard is counted and told."""

import logging
from typing import Any

from celery.worker.consumer import Consumer
from django.db import connections

from recovery.domain.work import StrayReason

log = logging.getLogger(__name__)


class DeskConsumer(Consumer):
    """The library's consumer, which drops strange messages with a line in a log."""

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Put away what cannot be read."""
        super().on_decode_error(message, exc)
        _note(message, StrayReason.UNREADABLE)

    def on_unknown_message(self, body: Any, message: Any) -> None:
        """Put away what is no task at all."""
        super().on_unknown_message(body, message)
        _note(message, StrayReason.UNREADABLE)

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Put away a task that this code does not know."""
        super().on_unknown_task(body, message, exc)
        _note(message, StrayReason.UNKNOWN_TASK)

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Put away a task whose message is not well formed."""
        super().on_invalid_task(body, message, exc)
        _note(message, StrayReason.BAD_ARGUMENTS)


def _note(message: Any, reason: StrayReason) -> None:
    """Count it; the ear itself must not fall off when the database is away."""
    from recovery.services.stray_messages import stray_message_note

    try:
        stray_message_note(_name(message), reason)
    except Exception:
        log.exception("a stray message could not be counted")
    finally:
        # Children are forked from this process: they must not inherit a connection.
        connections.close_all()


def _name(message: Any) -> str:
    headers = message.headers if isinstance(message.headers, dict) else {}
    return str(headers.get("task") or "unreadable")
