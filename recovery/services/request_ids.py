"""The reference of what is being done right now: a request of the web, or a job."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CURRENT: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The reference, or nothing outside of requests and jobs."""
    return _CURRENT.get()


@contextmanager
def request_id_set(request_id: str) -> Iterator[None]:
    """Have everything in a block logged and audited under a reference."""
    token = _CURRENT.set(request_id)
    try:
        yield
    finally:
        _CURRENT.reset(token)
