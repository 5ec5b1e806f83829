"""What the clocks of the lifecycles do by themselves; safe to run any number of times.

Money never moves here: a case that was paid is closed, one nobody answered expires, and
an arrangement whose day passed is taken back.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from recovery.domain.errors import NotReadyError, RecoveryError
from recovery.domain.lifecycle import (
    PAYMENT_PAID,
    PAYMENT_VOID,
    CaseAction,
    CaseStatus,
    PaymentStatus,
    case_clock,
    payment_clock,
)
from recovery.domain.words import DecisionStatus
from recovery.models import Payment, RecoveryCase
from recovery.services.actors import SYSTEM
from recovery.services.cases import case_close
from recovery.services.collections import instalments_missed
from recovery.services.decision_ground import posted_of
from recovery.services.transitions import case_lock, case_move

_RUN_MAX = 500
_AT_ONCE = timedelta(0)
_PAID = "Every payment arrived."
_QUIET = "Nothing more came in within the period."
_UNANSWERED = "Our question was not answered within the period."


def lifecycles_advance(*, now: datetime) -> dict[str, int]:
    """Do what is due by itself now.

    Returns:
        How many of what was done, by name.
    """
    return {
        "closed_paid": _each(_paid(now), _close_paid, now),
        "closed_quiet": _each(_quiet(CaseStatus.NOT_OWED, now), _close(_QUIET), now),
        "expired": _each(_quiet(CaseStatus.AWAITING_CUSTOMER, now), _expire, now),
        "missed": instalments_missed(now=now),
    }


def _quiet(status: CaseStatus, now: datetime) -> QuerySet[RecoveryCase]:
    """Cases that stood in a status for its whole period."""
    after = case_clock(status).after
    rows = RecoveryCase.objects.filter(status=status)
    return rows.filter(status_since__lte=now - after) if after else rows.none()


def _paid(now: datetime) -> QuerySet[RecoveryCase]:
    """Owed cases all of whose payments arrived: at once where the own balance has it."""
    settled = RecoveryCase.objects.filter(
        status=CaseStatus.OWED, payments__status__in=PAYMENT_PAID
    )
    live = Payment.objects.exclude(status__in=PAYMENT_VOID | PAYMENT_PAID)
    fresh = Payment.objects.filter(
        status=PaymentStatus.CONFIRMED,
        status_since__gt=now
        - (payment_clock(PaymentStatus.CONFIRMED).after or _AT_ONCE),
    )
    return (
        settled.exclude(pk__in=live.values("case_id"))
        .exclude(pk__in=fresh.values("case_id"))
        .distinct()
    )


def _each(
    rows: QuerySet[RecoveryCase],
    act: Callable[[RecoveryCase, datetime], None],
    now: datetime,
) -> int:
    """Take each case by itself: one that moved meanwhile stops no other."""
    done = 0
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)[:_RUN_MAX]):
        try:
            act(RecoveryCase.objects.get(pk=pk), now)
        except RecoveryError:
            continue
        done += 1
    return done


def _close_paid(case: RecoveryCase, now: datetime) -> None:
    """Close a case whose whole amount is in the customer's balance, and no other."""
    for decision in case.decisions.filter(status=DecisionStatus.APPROVED):
        if posted_of(decision) < decision.amount:
            raise NotReadyError("Not everything that is owed has arrived.")
    case_close(SYSTEM, case, reason=_PAID, now=now)


def _close(reason: str) -> Callable[[RecoveryCase, datetime], None]:
    def close(case: RecoveryCase, now: datetime) -> None:
        case_close(SYSTEM, case, reason=reason, now=now)

    return close


@transaction.atomic
def _expire(case: RecoveryCase, now: datetime) -> None:
    case = case_lock(case)
    case.question = ""
    case_move(SYSTEM, case, CaseAction.EXPIRE, now=now, reason=_UNANSWERED)
