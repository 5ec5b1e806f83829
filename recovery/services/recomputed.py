"""What follows when an event was assessed anew: proposals lose their ground."""

from collections.abc import Sequence
from datetime import datetime

from recovery.domain.lifecycle import CASE_ENDED
from recovery.domain.staff_news import StaffNews
from recovery.domain.words import DecisionStatus
from recovery.models import AssessmentResult, Decision, RecoveryCase
from recovery.services.actors import SYSTEM
from recovery.services.decisions import decision_void
from recovery.services.staff_notices import notice_write


def cases_told(results: Sequence[AssessmentResult]) -> None:
    """Tell the desk where the calculation of an open case changed."""
    changed: dict[int | None, int] = {
        result.assessment.event_id: result.assessment.number
        for result in results
        if result.assessment.number > 1
    }
    told = RecoveryCase.objects.filter(event__in=changed)
    for case in told.exclude(status__in=CASE_ENDED):
        number = changed[case.event_id]
        about = f"case {case.reference}, assessment {number}"
        notice_write(StaffNews.CALC_CHANGED, case, about, key=str(number))


def decisions_follow(results: Sequence[AssessmentResult], *, now: datetime) -> None:
    """Void proposals that rest on an older assessment of the same events.

    Approved decisions stay: what was paid is not edited, and payments are bound by
    the result they were decided on.
    """
    events = [result.assessment.event_id for result in results]
    stale = Decision.objects.filter(
        status=DecisionStatus.PROPOSED, result__assessment__event__in=events
    ).exclude(result__in=results)
    for decision in stale.select_related("case"):
        decision_void(
            SYSTEM,
            decision,
            why="The event was assessed anew: look at the new figures first.",
            now=now,
        )
