"""A reference for every request: in the answer's header, the logs and the audit."""

import logging
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from recovery.domain.references import grouped_reference
from recovery.services.request_ids import request_id_set
from recovery.web.latency import Latencies

HEADER = "X-Request-ID"
latencies = Latencies(settings.RUN_DIR / "metrics")
log = logging.getLogger(__name__)
_REFERENCE_BYTES = 5
_SURFACES = {"desk": "desk", "claims": "claims", "": "claims"} | {
    "account": "sign_in",
    "api": "api",
}


class RequestMiddleware:
    """Outermost of all: names the request, counts it, writes its line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer under a reference of our own; one sent along is not believed."""
        reference = grouped_reference("RQ", secrets.token_bytes(_REFERENCE_BYTES))
        # Django logs refusals when this middleware has returned already.
        request.reference = reference  # type: ignore[attr-defined]
        start = time.monotonic()
        with request_id_set(reference):
            response = self.get_response(request)
            seconds = time.monotonic() - start
            _note(request, response.status_code, seconds)
        response.headers[HEADER] = reference
        return response


def surface_of(path: str) -> str:
    """Which of the desk's faces a path belongs to."""
    return _SURFACES.get(path.lstrip("/").partition("/")[0], "other")


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    latencies.observe(surface_of(request.path_info), status, seconds)
    match = request.resolver_match
    # The route, not the path: what a stranger typed is nobody's log line.
    line = {
        "method": request.method if request.method in _METHODS else "other",
        "route": f"/{match.route}" if match else "",
        "status": status,
        "milliseconds": round(seconds * 1000),
    }
    log.info("request", extra=line)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
