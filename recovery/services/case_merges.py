"""Two cases about one matter become one; both references stay alive."""

from datetime import datetime

from django.db import transaction

from recovery.domain.errors import NotReadyError
from recovery.domain.lifecycle import (
    CASE_ENDED,
    PAYMENT_PAID,
    PAYMENT_VOID,
    CaseAction,
    CaseStatus,
)
from recovery.models import RecoveryCase
from recovery.services.actors import Actor
from recovery.services.proposal_ends import proposals_end
from recovery.services.transitions import (
    case_lock,
    case_move,
    event_and_case_lock,
)

_NO_HOME = frozenset({CaseStatus.MERGED, CaseStatus.WITHDRAWN})


@transaction.atomic
def case_merge(
    actor: Actor,
    case: RecoveryCase,
    into: RecoveryCase,
    *,
    reason: str,
    now: datetime,
    shown_version: int | None = None,
) -> RecoveryCase:
    """Handle a case in another one of the same customer from now on.

    Args:
        actor: Somebody who works cases.
        case: Undecided; what is proposed on it is void.
        into: Neither merged nor withdrawn itself.
        reason: Why they are one matter.
        now: Aware UTC.
        shown_version: Of `case`, as the page showed it.

    Raises:
        NotReadyError: Itself, another customer's, or a case that cannot take one in.
        TransitionRefusedError: It is decided or ended.
        StaleError, DutyMissingError: As everywhere.
    """
    if case.pk == into.pk:
        raise NotReadyError("A case cannot be merged into itself.")
    for one in sorted((case.pk, into.pk)):  # Always in this order: no deadlock.
        RecoveryCase.objects.select_for_update(no_key=True).get(pk=one)
    case, into = case_lock(case, shown_version), case_lock(into)
    if into.status in _NO_HOME:
        raise NotReadyError(f"{into.reference} is {into.status}: choose another case.")
    if None not in (case.customer_id, into.customer_id) and (
        case.customer_id != into.customer_id
    ):
        raise NotReadyError("These cases are two customers'.")
    if case.payments.exclude(status__in=PAYMENT_VOID | PAYMENT_PAID).exists():
        raise NotReadyError("A payment of this case is under way.")
    proposals_end(case, f"Merged into {into.reference}.", now=now)
    case.merged_into = into
    case_move(actor, case, CaseAction.MERGE, now=now, reason=reason.strip())
    return case


@transaction.atomic
def case_unmerge(
    actor: Actor, case: RecoveryCase, *, reason: str, now: datetime
) -> RecoveryCase:
    """Give a merged case its own life back, under investigation.

    Raises:
        NotReadyError: Another case is open for its event, or no reason.
        TransitionRefusedError: It is not merged.
        DutyMissingError: The actor reopens no cases.
    """
    case = event_and_case_lock(case)
    others = RecoveryCase.objects.filter(event=case.event_id).exclude(
        status__in=CASE_ENDED
    )
    if case.event_id and (other := others.exclude(pk=case.pk).first()):
        raise NotReadyError(f"Case {other.reference} is open for the same event.")
    case.merged_into = None
    return case_move(actor, case, CaseAction.UNMERGE, now=now, reason=reason.strip())


def case_home(case: RecoveryCase) -> RecoveryCase:
    """The case in which a matter is handled: itself unless it was merged."""
    while case.merged_into is not None:
        case = case.merged_into
    return case
