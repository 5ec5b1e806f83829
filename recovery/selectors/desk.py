"""What the desk's lists and dashboard read. Bounded: nothing here counts it all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from accounts.models import Customer, User
from recovery.domain.lifecycle import CASE_ENDED, PaymentStatus
from recovery.domain.references import clean_reference
from recovery.domain.words import DecisionStatus
from recovery.models import (
    AssessmentResult,
    Break,
    BreakState,
    Claim,
    Decision,
    Event,
    Job,
    JobState,
    OutboxMessage,
    OutboxState,
    Payment,
    PayoutBatch,
    RecoveryCase,
    SourceFile,
)

_HITS_MAX = 200


def queue() -> QuerySet[RecoveryCase]:
    """Cases with everything a row of the queue shows."""
    results = Prefetch(
        "event__active_assessment__results",
        AssessmentResult.objects.order_by("asset"),
    )
    return RecoveryCase.objects.select_related(
        "customer", "assignee", "event__account", "event__active_assessment"
    ).prefetch_related(results)


def open_cases() -> QuerySet[RecoveryCase]:
    """Cases that are not ended."""
    return RecoveryCase.objects.exclude(status__in=CASE_ENDED)


def main_result(event: Event | None) -> AssessmentResult | None:
    """The result that matters most: the largest variance, else the first asset."""
    if event is None or event.active_assessment is None:
        return None
    results = list(event.active_assessment.results.all())
    return max(results, key=lambda row: abs(row.variance_amount), default=None)


def case_ids_found(term: str) -> set[int]:
    """Cases that a search term names: each lookup is exact or a prefix."""
    text = term.strip()
    spellings = {text, text.upper(), text.lower(), clean_reference(text)}
    reference = clean_reference(text)
    cases = RecoveryCase.objects
    lookups = [
        cases.filter(reference__startswith=reference),
        cases.filter(customer__uid__in=spellings),
        cases.filter(event__account__number__in=spellings),
        cases.filter(event__reference__startswith=reference),
        cases.filter(event__source_reference__in=spellings),
        cases.filter(claims__reference__startswith=reference),
        cases.filter(payments__reference__startswith=reference),
    ]
    found: set[int] = set()
    for rows in lookups if len(text) >= 2 else []:
        found.update(rows.values_list("pk", flat=True)[:_HITS_MAX])
    return found


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing a search found."""

    kind: str
    pk: int
    title: str


def things_found(term: str, limit: int = 8) -> list[Hit]:
    """Cases, events, payments, batches, claims and customers a term names."""
    text = term.strip()
    if len(text) < 2:
        return []
    reference = clean_reference(text)
    spellings = {text, text.upper(), text.lower()}
    case_ids = case_ids_found(text)
    searches: list[
        tuple[
            str,
            QuerySet[RecoveryCase]
            | QuerySet[Event]
            | QuerySet[Payment]
            | QuerySet[PayoutBatch]
            | QuerySet[Claim]
            | QuerySet[Customer],
        ]
    ] = [
        ("recoverycase", RecoveryCase.objects.filter(pk__in=case_ids)),
        (
            "event",
            Event.objects.filter(
                Q(reference__startswith=reference) | Q(source_reference__in=spellings)
            ),
        ),
        ("payment", Payment.objects.filter(reference__startswith=reference)),
        ("payoutbatch", PayoutBatch.objects.filter(reference__startswith=reference)),
        ("claim", Claim.objects.filter(reference__startswith=reference)),
        (
            "customer",
            Customer.objects.filter(Q(uid__in=spellings) | Q(email__iexact=text)),
        ),
    ]
    return [
        Hit(kind, row.pk, str(row)) for kind, rows in searches for row in rows[:limit]
    ]


# Approvals -----------------------------------------------------------------------


def decisions_waiting(user: User) -> QuerySet[Decision]:
    """Proposed decisions that somebody else than this person proposed."""
    return (
        Decision.objects.filter(status=DecisionStatus.PROPOSED)
        .exclude(proposer=user)
        .select_related(
            "case__event__account",
            "case__event__active_assessment",
            "case__customer",
            "proposer",
            "result__assessment",
        )
        .order_by("proposed_at")
    )


def payments_waiting(user: User) -> QuerySet[Payment]:
    """Proposed payments whose amount and movement others proposed."""
    return (
        Payment.objects.filter(status=PaymentStatus.PROPOSED)
        .exclude(
            Q(proposer=user) | Q(decision__proposer=user) | Q(approvals__approver=user)
        )
        .select_related(
            "case__event__account",
            "decision__result__assessment",
            "destination",
            "proposer",
        )
        .order_by("proposed_at")
    )


def batches_waiting(user: User) -> QuerySet[PayoutBatch]:
    """Batches not released, of which this person neither made nor checked a line."""
    touched = Q(proposer=user) | Q(approvals__approver=user)
    mine = Payment.objects.filter(touched, batch__isnull=False)
    return (
        PayoutBatch.objects.filter(released_at=None)
        .exclude(built_by=user)
        .exclude(pk__in=mine.values("batch_id"))
        .select_related("built_by")
        .order_by("built_at")
    )


# Dashboard -----------------------------------------------------------------------


def cases_by_status() -> dict[str, int]:
    """How many cases that are not ended stand in each status."""
    rows = open_cases().order_by().values_list("status").annotate(Count("pk"))
    return dict(rows)


def due_counts(now: datetime) -> tuple[int, int]:
    """Open cases overdue, and due within a day."""
    overdue = open_cases().filter(next_update_due_at__lte=now).count()
    soon = open_cases().filter(
        next_update_due_at__gt=now, next_update_due_at__lte=now + timedelta(days=1)
    )
    return overdue, soon.count()


@dataclass(frozen=True, slots=True)
class BreakSum:
    """Open breaks of one reason and asset."""

    reason: str
    asset: str
    count: int
    variance_amount: Decimal


def breaks_open() -> list[BreakSum]:
    """Open breaks by reason and asset, the largest group first."""
    rows = (
        Break.objects.filter(state=BreakState.OPEN)
        .order_by()
        .values_list("reason", "asset")
        .annotate(count=Count("pk"), variance=Sum("variance_amount"))
        .order_by("-count", "reason", "asset")
    )
    return [BreakSum(*row) for row in rows]


def files_since(at: datetime) -> QuerySet[SourceFile]:
    """Source files received since an instant, newest first."""
    return SourceFile.objects.filter(received_at__gte=at).order_by("-received_at")


def jobs_quarantined() -> QuerySet[Job]:
    """Jobs a person must look at."""
    return Job.objects.filter(state=JobState.QUARANTINED)


def mails_unknown() -> QuerySet[OutboxMessage]:
    """Mails of which nobody knows whether they arrived: a person decides."""
    return OutboxMessage.objects.filter(state=OutboxState.UNKNOWN)
