"""Why expected and received differ: one primary reason, parts that add up.

Source: ANCHORS §4.1 (order of precedence; from amounts on, the largest part wins).
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.assessment import EventAssessment, Facts, Line
from recovery.domain.case_errors import InvariantBrokenError
from recovery.domain.ledger import ZERO
from recovery.domain.words import EXPLAINED, BreakReason

_REASON_OF_LABEL = {
    "trading_fee": BreakReason.FEE_VARIANCE,
    "liquidation_fee": BreakReason.FEE_VARIANCE,
    "funding": BreakReason.FUNDING_VARIANCE,
    "interest": BreakReason.FUNDING_VARIANCE,
    "realised_pnl": BreakReason.PRICE_VARIANCE,
    "takeover": BreakReason.PRICE_VARIANCE,
}


class Part(NamedTuple):
    """One contributing reason and the amount of the variance it explains."""

    reason: BreakReason
    amount: Decimal
    lines: tuple[int, ...]  # Positions of the lines it comes from.


class Finding(NamedTuple):
    """The primary reason, None when everything ties, and the parts."""

    reason: BreakReason | None
    parts: tuple[Part, ...]

    @property
    def is_break(self) -> bool:
        """Whether somebody must look."""
        return self.reason is not None and self.reason not in EXPLAINED


def find_reason(assessment: EventAssessment) -> Finding:
    """Classify an assessment; the parts sum exactly to its variance.

    Raises:
        InvariantBrokenError: they do not; a defect of the core.
    """
    parts = _parts(assessment)
    total = sum((part.amount for part in parts), ZERO)
    if total != assessment.variance:
        raise InvariantBrokenError("parts of the variance", total - assessment.variance)
    return Finding(_primary(assessment, parts), parts)


def _parts(assessment: EventAssessment) -> tuple[Part, ...]:
    if assessment.variance == ZERO:
        return ()
    amounts: dict[BreakReason, Decimal] = defaultdict(lambda: ZERO)
    places: dict[BreakReason, list[int]] = defaultdict(list)
    is_missing = _is_missing(assessment)
    for place, line in enumerate(assessment.lines):
        if line.difference == ZERO:
            continue
        reason = _REASON_OF_LABEL.get(line.label) or _credit_reason(
            line, is_missing=is_missing
        )
        amounts[reason] += line.difference
        places[reason].append(place)
    parts = [
        Part(reason, amount, tuple(places[reason]))
        for reason, amount in amounts.items()
        if amount != ZERO
    ]
    return tuple(sorted(parts, key=lambda part: (-abs(part.amount), part.reason)))


def _is_missing(assessment: EventAssessment) -> bool:
    """Something was expected and nothing at all arrived."""
    return assessment.residual > ZERO and assessment.received <= ZERO


def _credit_reason(line: Line, *, is_missing: bool) -> BreakReason:
    if line.difference > ZERO:
        return BreakReason.CREDIT_OVER
    return BreakReason.CREDIT_MISSING if is_missing else BreakReason.CREDIT_SHORT


def _primary(assessment: EventAssessment, parts: Iterable[Part]) -> BreakReason | None:
    facts = assessment.facts
    if held := _holding(facts):
        return held
    if assessment.variance == ZERO:
        return _explained(assessment, facts)
    if assessment.deficit > ZERO:
        return _deficit_reason(assessment)
    if _is_missing(assessment):
        return BreakReason.CREDIT_MISSING
    if reason := _small(assessment, facts):
        return reason
    return next((part.reason for part in parts), BreakReason.UNCLASSIFIED)


def _holding(facts: Facts) -> BreakReason | None:
    """Why the figures may not be acted upon before the data is whole."""
    if facts.unknown_rows:
        return BreakReason.OPERATION_UNKNOWN
    return BreakReason.CHAIN_INCOMPLETE if facts.gap else None


def _explained(assessment: EventAssessment, facts: Facts) -> BreakReason | None:
    if facts.customer_owes > ZERO:
        return BreakReason.DEFICIT_OPEN
    if assessment.deficit > ZERO:
        return BreakReason.DEFICIT_COVERED
    if facts.goes_to_fund and assessment.residual == ZERO:
        return BreakReason.POLICY_TO_FUND
    return None


def _deficit_reason(assessment: EventAssessment) -> BreakReason:
    if assessment.variance < ZERO:
        return BreakReason.DEFICIT_OVERCHARGED
    return BreakReason.CREDIT_OVER


def _small(assessment: EventAssessment, facts: Facts) -> BreakReason | None:
    size = abs(assessment.variance)
    if facts.money_step and size <= facts.money_step * len(assessment.lines):
        return BreakReason.ROUNDING
    if size <= facts.tolerance:
        return BreakReason.WITHIN_TOLERANCE
    return None
