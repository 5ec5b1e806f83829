"""The first page: figures that lead to exactly their rows, and the one search."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from unfold.dataclasses import SearchResult

from recovery.admin.approvals import waiting_for
from recovery.admin.permissions import actor_of
from recovery.admin.show import variance_text, words
from recovery.domain.lifecycle import CaseStatus
from recovery.selectors.desk import (
    breaks_open,
    cases_by_status,
    due_counts,
    files_since,
    jobs_quarantined,
    mails_unknown,
    things_found,
)
from recovery.services.actors import Actor

_DAY = timedelta(days=1)
_FILES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and the list of exactly its rows."""

    label: str
    value: str
    url: str
    tone: str = ""
    note: str = ""


def _list_url(name: str, **query: str) -> str:
    url = reverse(f"admin:recovery_{name}_changelist")
    return f"{url}?{urlencode(query)}" if query else url


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the first page."""
    now = timezone.now()
    actor = actor_of(request)
    files = files_since(now - _DAY)
    since = {"received_at__gte": (now - _DAY).isoformat()}
    context.update(
        title="Desk",
        is_fullwidth="1",
        attention=[*_due(now), *_approvals(actor), *_troubles()],
        statuses=_statuses(),
        breaks=_breaks(),
        files=list(files[:_FILES_SHOWN]),
        files_url=_list_url("sourcefile", **since),
    )
    return context


def _due(now: datetime) -> list[Figure]:
    overdue, soon = due_counts(now)
    return [
        Figure(
            "Overdue",
            str(overdue),
            _list_url("recoverycase", due="overdue"),
            "bad" if overdue else "",
            "next update promised and late",
        ),
        Figure(
            "Due within 24 h",
            str(soon),
            _list_url("recoverycase", due="day"),
            "wait" if soon else "",
        ),
    ]


def _approvals(actor: Actor) -> list[Figure]:
    waiting = waiting_for(actor)
    if not waiting:
        return []
    counts = {name: rows.count() for name, rows in waiting.items()}
    note = ", ".join(f"{count} {name}" for name, count in counts.items())
    total = sum(counts.values())
    tone = "wait" if total else ""
    return [
        Figure("Waiting for my approval", str(total), _list_url("approval"), tone, note)
    ]


def _troubles() -> list[Figure]:
    count = jobs_quarantined().count()
    unknown = mails_unknown().count()
    return [
        Figure(
            "Jobs in quarantine",
            str(count),
            _list_url("job", state__exact="quarantined"),
            "bad" if count else "",
        ),
        Figure(
            "Mails of unknown outcome",
            str(unknown),
            _list_url("outboxmessage", state__exact="unknown"),
            "bad" if unknown else "",
        ),
    ]


def _statuses() -> list[Figure]:
    counts = cases_by_status()
    return [
        Figure(
            words(status),
            str(counts[status]),
            _list_url("recoverycase", status=status.value),
        )
        for status in CaseStatus
        if status in counts
    ]


def _breaks() -> list[Figure]:
    return [
        Figure(
            words(one.reason),
            str(one.count),
            _list_url(
                "break",
                state__exact="open",
                reason__exact=one.reason,
                asset=one.asset,
            ),
            note=variance_text(one.variance_amount, one.asset),
        )
        for one in breaks_open()
    ]


def desk_search(request: HttpRequest, term: str) -> list[SearchResult]:
    """What the search of the header finds, for those who read the desk."""
    if not actor_of(request).user:
        return []
    results = []
    for hit in things_found(term):
        app = "accounts" if hit.kind == "customer" else "recovery"
        results.append(
            SearchResult(
                title=hit.title,
                description=words(hit.kind),
                link=reverse(f"admin:{app}_{hit.kind}_change", args=[hit.pk]),
                icon="data_object",
            )
        )
    return results
