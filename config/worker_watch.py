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

import redis
from celery.worker import state
from django.conf import settings

from config.engines.addresses import redis_client_url

log = logging.getLogger(__name__)
_LOOKS = 4  # In each span after which silence is deafness.
_GRACE_SECONDS = 5.0
_SECONDS = 2.0
_heard_at = time.monotonic()


def watch_hear(*_args: object, **_kwargs: object) -> None:
    """Note that a message came."""
    global _heard_at  # noqa: PLW0603 - one ear a process
    _heard_at = time.monotonic()


def watch_begin(sender: Any, **_kwargs: object) -> None:
    """Begin to watch once the worker listens."""
    watch_hear()
    consumer = sender.app.amqp.queues.consume_from
    arguments = (sorted(consumer), settings.WORKER_DEAF_SECONDS)
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


def _watch(queues: Iterable[str], limit: float) -> None:
    while True:
        time.sleep(limit / _LOOKS)
        silent = time.monotonic() - _heard_at
        if is_deaf(silent, limit, lambda: _waiting(queues)):
            log.critical("deaf for %s seconds, ending to be started anew", int(silent))
            _end()


def _waiting(queues: Iterable[str]) -> int:
    """Messages that wait in our queues, seen by a connection of our own."""
    address = redis_client_url(settings.CELERY_BROKER_URL)
    try:
        with redis.Redis.from_url(
            address, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS
        ) as client:
            return sum(int(client.llen(queue)) for queue in queues)
    except redis.RedisError:  # It is away: nobody could hear anything.
        return 0


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(os.EX_TEMPFAIL)
