"""What follows when an event was assessed anew: proposals lose their ground."""

from collections.abc import Sequence
from datetime import datetime

from recovery.domain.words import DecisionStatus
from recovery.models import AssessmentResult, Decision
from recovery.services.actors import SYSTEM
from recovery.services.decisions import decision_void


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
