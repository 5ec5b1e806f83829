"""What an operator watches: work that waits, mails that wait, breaks that are open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Min, Sum

from accounts.models import PersonalLook
from recovery.domain.words import BreakReason
from recovery.domain.work import PeriodicWork, StrayReason
from recovery.models import (
    AuditSeal,
    Break,
    BreakState,
    Heartbeat,
    Job,
    JobKind,
    JobState,
    OutboxMessage,
    OutboxState,
    Round,
    SourceFile,
    SourceFileState,
    StrayMessage,
)

_WEEK = timedelta(days=7)
_MILLISECONDS_MAX = 5_000
_JOB_STATES = (JobState.DUE, JobState.RUNNING, JobState.QUARANTINED)
_OUTBOX_STATES = (
    OutboxState.DUE,
    OutboxState.SENDING,
    OutboxState.REFUSED,
    OutboxState.UNKNOWN,
)


class Sample(NamedTuple):
    """One figure under its labels."""

    labels: dict[str, str]
    value: float


Figures = dict[str, list[Sample]]


def operations_figures(now: datetime) -> Figures:
    """Give every figure by name. What is finished is not counted: it only grows."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {_MILLISECONDS_MAX}")
        figures: Figures = {}
        for part in _PARTS:
            figures |= part(now)
    return figures


def _jobs(now: datetime) -> Figures:
    rows = Job.objects.filter(state__in=_JOB_STATES).values_list("kind", "state")
    counts = {(k, s): n for k, s, n in rows.annotate(n=Count("pk")).order_by()}
    due = Job.objects.filter(state=JobState.DUE, due_at__lte=now).values_list("kind")
    oldest = dict(due.annotate(first=Min("due_at")).order_by())
    leases = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now)
    return {
        "desk_jobs": [
            Sample({"kind": kind, "state": state}, counts.get((kind, state), 0))
            for kind in JobKind
            for state in _JOB_STATES
        ],
        "desk_jobs_oldest_due_seconds": [
            Sample({"kind": kind}, _age(oldest.get(kind), now)) for kind in JobKind
        ],
        "desk_jobs_lease_over": [Sample({}, leases.count())],
    }


def _outbox(now: datetime) -> Figures:
    rows = OutboxMessage.objects.filter(state__in=_OUTBOX_STATES)
    by_state = rows.values_list("state").annotate(
        n=Count("pk"), first=Min("created_at")
    )
    found = {state: (count, first) for state, count, first in by_state.order_by()}
    return {
        "desk_outbox_messages": [
            Sample({"state": state}, found.get(state, (0, None))[0])
            for state in _OUTBOX_STATES
        ],
        "desk_outbox_oldest_due_seconds": [
            Sample({}, _age(found.get(OutboxState.DUE, (0, None))[1], now))
        ],
    }


def _source_files(_now: datetime) -> Figures:
    rows = SourceFile.objects.values_list("state").annotate(n=Count("pk")).order_by()
    counts = dict(rows)
    return {
        "desk_source_files": [
            Sample({"state": state}, counts.get(state, 0)) for state in SourceFileState
        ]
    }


def _breaks(_now: datetime) -> Figures:
    rows = Break.objects.filter(state=BreakState.OPEN).values_list("reason")
    counts = dict(rows.annotate(n=Count("pk")).order_by())
    return {
        "desk_breaks_open": [
            Sample({"reason": reason}, counts.get(reason, 0)) for reason in BreakReason
        ]
    }


def mails_wait() -> bool:
    """Whether a mail has to leave, or one that was leaving has to be looked after."""
    states = [OutboxState.DUE, OutboxState.SENDING]
    return OutboxMessage.objects.filter(state__in=states).exists()


def heartbeat_ages(now: datetime) -> dict[str, float]:
    """Seconds since each queue was last heard; a job that beats is heard too.

    Workers that are all busy take no message; what they work on proves them alive.
    """
    busy = Job.objects.filter(state=JobState.RUNNING, lease_until__gt=now)
    alive = set(busy.values_list("queue", flat=True).distinct())
    beats = Heartbeat.objects.order_by("name")
    return {
        name: 0.0 if name in alive else _age(beat_at, now)
        for name, beat_at in beats.values_list("name", "beat_at")
    }


def _heartbeats(now: datetime) -> Figures:
    return {
        "desk_heartbeat_age_seconds": [
            Sample({"name": name}, age) for name, age in heartbeat_ages(now).items()
        ]
    }


def _rounds(now: datetime) -> Figures:
    since = now - timedelta(days=1)
    missed = Round.objects.filter(is_missed=True, begun_at__gt=since)
    counts = dict(missed.values_list("name").annotate(n=Count("pk")).order_by())
    return {
        "desk_rounds_missed": [
            Sample({"name": name}, counts.get(name, 0)) for name in PeriodicWork
        ]
    }


def _stray_messages(now: datetime) -> Figures:
    rows = StrayMessage.objects.filter(last_at__gt=now - timedelta(days=1))
    counts = dict(rows.values_list("reason").annotate(n=Sum("count")).order_by())
    return {
        "desk_stray_messages": [
            Sample({"reason": reason}, counts.get(reason, 0)) for reason in StrayReason
        ]
    }


def _audit(_now: datetime) -> Figures:
    last = AuditSeal.objects.order_by("-position").values_list("position", flat=True)
    return {"desk_audit_position": [Sample({}, last.first() or 0)]}


def looks_of_week(now: datetime) -> int:
    """How many looks behind the mask of personal data were taken in seven days."""
    return PersonalLook.objects.filter(at__gt=now - _WEEK, at__lte=now).count()


def _looks(now: datetime) -> Figures:
    return {"desk_personal_looks_week": [Sample({}, looks_of_week(now))]}


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


_PARTS: tuple[Callable[[datetime], Figures], ...] = (
    _jobs,
    _outbox,
    _source_files,
    _breaks,
    _heartbeats,
    _rounds,
    _stray_messages,
    _audit,
    _looks,
)
