"""Whether what an approved decision rests on still stands.

After every recomputation of its event a decision is on one of four grounds. Equal
figures under a new receipt need one click of an approver; other figures take the
decision back, or, once money has left, open an adjustment.
"""

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Sum

from recovery.domain.decision_ground import Figures, Ground, ground_of
from recovery.domain.errors import NotReadyError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PaymentStatus
from recovery.domain.words import PaymentKind
from recovery.models import AssessmentResult, Decision, Payment


def decision_ground(decision: Decision) -> Ground:
    """On which ground an approved decision stands now."""
    event = decision.case.event
    active = event.active_assessment_id if event else None
    if active is None:
        return Ground.MATERIAL
    if active in {decision.result.assessment_id, *_reconfirmed(decision)}:
        return Ground.SAME
    fresh = AssessmentResult.objects.filter(
        assessment_id=active, asset=decision.asset
    ).first()
    if fresh is None:
        return Ground.MATERIAL
    return ground_of(
        figures_of(decision.result), figures_of(fresh), posted_of(decision)
    )


def _reconfirmed(decision: Decision) -> Sequence[int]:
    return list(
        decision.reconfirmations.values_list("result__assessment_id", flat=True)
    )


def posted_of(decision: Decision) -> Decimal:
    """Credits of the event and asset that the ledger has shown since the decision."""
    rows = Payment.objects.filter(
        decision=decision, kind=PaymentKind.CREDIT, status=PaymentStatus.POSTED
    )
    total: Decimal | None = rows.aggregate(total=Sum("amount"))["total"]
    return Decimal(total) if total else ZERO


def figures_of(result: AssessmentResult) -> Figures:
    """What a decision looks at in a result."""
    lines = result.assessment.lines.filter(asset=result.asset).order_by("position")
    return Figures(
        variance=result.variance_amount,
        deficit=result.deficit_amount,
        reason=result.reason,
        lines=tuple(lines.values_list("label", "expected", "recorded", "basis")),
    )


def require_ground(decision: Decision) -> None:
    """Go on when the decision still rests on what was approved.

    Raises:
        NotReadyError: The figures differ now, or somebody must look once more.
    """
    ground = decision_ground(decision)
    if ground == Ground.IMMATERIAL:
        raise NotReadyError(
            "The event was assessed anew with the same figures: somebody who approves "
            "decisions must confirm the decision first."
        )
    if ground == Ground.MATERIAL:
        raise NotReadyError(
            "The event was assessed anew and the figures differ: decide again first."
        )
