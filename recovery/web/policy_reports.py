"""What browsers report of the content policy: a line in the log, and nothing of people.

Anybody can post here, so nothing that is posted is believed or kept: of a report only
words that we know ourselves are written.
"""

import json
import logging
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from recovery.models import LimitedAct
from recovery.services.rate_limits import rate_limit_take
from recovery.web.client_address import client_address
from recovery.web.requests import surface_of

_BYTES_MAX = 8_192
_DIRECTIVES = frozenset(
    {
        "base-uri",
        "connect-src",
        "default-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "manifest-src",
        "media-src",
        "object-src",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "worker-src",
    }
)
_BLOCKED = frozenset({"inline", "eval", "wasm-eval", "self", "data", "blob"})
log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Note that a policy kept something from happening; the answer is always empty."""
    if rate_limit_take(LimitedAct.POLICY_REPORT, client_address(request)):
        report = _report(request)
        if report is not None:
            log.warning("A browser kept to the content policy.", extra=_line(report))
    return HttpResponse(status=204)


def _report(request: HttpRequest) -> dict[str, Any] | None:
    try:
        read = json.loads(request.read(_BYTES_MAX))
    except (ValueError, RecursionError):
        return None
    report = read.get("csp-report") if isinstance(read, dict) else None
    return report if isinstance(report, dict) else None


def _line(report: dict[str, Any]) -> dict[str, str]:
    """The report in our own words: which face, which directive, what kind of thing."""
    directive = _text(report, "effective-directive") or _text(
        report, "violated-directive"
    )
    word = directive.partition(" ")[0]
    blocked = _text(report, "blocked-uri")
    return {
        "surface": _surface(_text(report, "document-uri")),
        "directive": word if word in _DIRECTIVES else "other",
        "blocked": blocked if blocked in _BLOCKED else "elsewhere",
    }


def _surface(address: str) -> str:
    try:
        return surface_of(urlsplit(address).path)
    except ValueError:
        return "other"


def _text(report: dict[str, Any], name: str) -> str:
    value = report.get(name, "")
    return value if isinstance(value, str) else ""
