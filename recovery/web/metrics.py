"""Figures for a monitoring system, in the text form that Prometheus reads.

Written by hand: the form is a page long, and a client library would count in each
process for itself unless it were given a folder and a start-up of its own.
"""

from collections.abc import Iterator

from django.contrib import admin
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recovery.selectors.operations import Figures, Sample, operations_figures
from recovery.services.audit_chain import audit_head_written_at
from recovery.services.clock import database_now
from recovery.web.latency import BUCKETS, Key, Row
from recovery.web.requests import latencies

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_DURATION = "desk_http_request_duration_seconds"
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
HELP = {
    "desk_database_up": "1 when the database answers.",
    "desk_jobs": "Unfinished and quarantined jobs.",
    "desk_jobs_oldest_due_seconds": "How long the oldest due job has been waiting.",
    "desk_jobs_lease_over": "Running jobs whose lease is over.",
    "desk_outbox_messages": "Mails that have not left, or nobody knows whether.",
    "desk_outbox_oldest_due_seconds": "Age of the oldest mail that is due.",
    "desk_source_files": "Source files by where their import stands.",
    "desk_breaks_open": "Open breaks by reason.",
    "desk_heartbeat_age_seconds": "Seconds since the workers of a queue were heard.",
    "desk_rounds_missed": "Periods of periodic work missed within the last day.",
    "desk_stray_messages": "Messages no worker could do, within the last day.",
    "desk_audit_position": "Entries in the audit's chain.",
    "desk_audit_head_age_seconds": "Seconds since a head was last written down.",
    "desk_personal_looks_week": "Looks behind the mask of personal data in 7 days.",
    _DURATION: "How long answers take, by face and class of status.",
}


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Every figure; for this machine itself and for staff of the desk."""
    if not (_is_this_machine(request) or admin.site.has_permission(request)):
        return HttpResponseForbidden("For this machine and for staff only.\n")
    lines = [*_lines_of(_figures()), *_lines_of_latencies(latencies.read())]
    return HttpResponse("\n".join(lines) + "\n", content_type=CONTENT_TYPE)


def _is_this_machine(request: HttpRequest) -> bool:
    """Whether the caller is local; what a proxy passes on comes from elsewhere."""
    is_passed_on = any(name in request.META for name in _FORWARDED)
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not is_passed_on


def _figures() -> Figures:
    now = timezone.now()
    written_at = audit_head_written_at()
    age = (now - written_at).total_seconds() if written_at else float("inf")
    figures: Figures = {"desk_audit_head_age_seconds": [Sample({}, age)]}
    try:
        figures |= operations_figures(database_now())
    except DatabaseError:
        return {**figures, "desk_database_up": [Sample({}, 0)]}
    return {**figures, "desk_database_up": [Sample({}, 1)]}


def _lines_of(figures: Figures) -> Iterator[str]:
    for name, samples in sorted(figures.items()):
        yield from _head_of(name, "gauge")
        yield from (_line(name, labels, value) for labels, value in samples)


def _lines_of_latencies(rows: dict[Key, Row]) -> Iterator[str]:
    yield from _head_of(_DURATION, "histogram")
    for (surface, status), (*counts, seconds) in sorted(rows.items()):
        labels = {"surface": surface, "status": status}
        below = 0.0
        for top, count in zip([*map(str, BUCKETS), "+Inf"], counts, strict=True):
            below += count
            yield _line(f"{_DURATION}_bucket", {**labels, "le": top}, below)
        yield _line(f"{_DURATION}_sum", labels, seconds)
        yield _line(f"{_DURATION}_count", labels, below)


def _head_of(name: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {HELP[name]}"
    yield f"# TYPE {name} {kind}"


def _line(name: str, labels: dict[str, str], value: float) -> str:
    inside = ",".join(f'{label}="{text}"' for label, text in labels.items())
    shown = "+Inf" if value == float("inf") else f"{value:.15g}"
    return f"{name}{{{inside}}} {shown}" if inside else f"{name} {shown}"
