"""What every worker does for itself: notice that it is deaf, and stay small.

After a connection broke half-way, a worker may wait for ever on a socket that nobody
writes to any more (TRUST F12). It notices: it is idle, it has heard nothing for long,
and a new connection sees messages waiting in its own queues. Then it ends, and whoever
started it starts it anew: the supervisor, or the container's restart policy.
"""

import logging
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from celery.worker import state
from django.conf import settings

log = logging.getLogger(__name__)
_LOOKS = 4  # In each span after which silence is deafness.
_GRACE_SECONDS = 10.0
_heard_at = time.monotonic()


def watch_hear(*_args: object, **_kwargs: object) -> None:
    """Note that a message came."""
    global _heard_at  # noqa: PLW0603 - one ear a process
    _heard_at = time.monotonic()


def watch_begin(sender: Any, **_kwargs: object) -> None:
    """Begin to watch once the worker listens."""
    watch_hear()
    consumer = sender.app.amqp.queues.consume_from
    arguments = (sender.app, sorted(consumer), settings.WORKER_DEAF_SECONDS)
    threading.Thread(target=_watch, args=arguments, daemon=True).start()


def memory_limit(**_kwargs: object) -> None:
    """Have a job that takes too much memory fail by itself, not by the kernel."""
    limit = settings.JOB_MEMORY_MB * 1_000_000
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def is_deaf(silent_seconds: float, limit: float, waiting: Callable[[], int]) -> bool:
    """Whether a worker that is idle hears nothing although something is said."""
    is_idle = not state.active_requests and not state.reserved_requests
    return is_idle and silent_seconds > limit and waiting() > 0


def _watch(app: Any, queues: Iterable[str], limit: float) -> None:
    while True:
        time.sleep(limit / _LOOKS)
        silent = time.monotonic() - _heard_at
        if is_deaf(silent, limit, lambda: _waiting(app, queues)):
            log.critical("deaf for %s seconds, ending to be started anew", int(silent))
            _end()


def _waiting(app: Any, queues: Iterable[str]) -> int:
    """Messages that wait in our queues, seen by a connection of our own."""
    options = {**app.conf.broker_transport_options, "max_retries": 0}
    try:
        with app.connection_for_read(transport_options=options) as connection:
            client = connection.default_channel.client
            return sum(client.llen(queue) for queue in queues)
    except Exception:  # noqa: BLE001 - Redis is away: nobody could hear anything
        return 0


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(os.EX_TEMPFAIL)
