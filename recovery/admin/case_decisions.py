"""What a case in hand has decided, and where its money should go: each read once.

The headline, a dozen acts and their forms ask for it on one page.
"""

from typing import Any

from recovery.domain.words import DecisionStatus
from recovery.models import Decision, DestinationChoice, RecoveryCase

_DECISIONS = "_desk_decisions"
_CHOSEN = "_desk_chosen"


def case_decisions(case: RecoveryCase) -> list[Decision]:
    """Every decision of a case, the newest first."""
    known: dict[str, Any] = vars(case)
    if _DECISIONS not in known:
        rows = case.decisions.select_related(
            "proposer", "approver", "result__assessment"
        )
        known[_DECISIONS] = list(rows.order_by("-pk"))
        for decision in known[_DECISIONS]:
            decision.case = case
    found: list[Decision] = known[_DECISIONS]
    return found


def decision_in_force(case: RecoveryCase) -> Decision | None:
    """The approved decision of a case, if one stands."""
    status = DecisionStatus.APPROVED
    return next((one for one in case_decisions(case) if one.status == status), None)


def decision_proposed(case: RecoveryCase) -> Decision | None:
    """The decision that waits for a second person."""
    status = DecisionStatus.PROPOSED
    return next((one for one in case_decisions(case) if one.status == status), None)


def destination_chosen(case: RecoveryCase) -> DestinationChoice | None:
    """Where the customer last said the money should go."""
    known: dict[str, Any] = vars(case)
    if _CHOSEN not in known:
        rows = case.destination_choices.select_related("destination")
        known[_CHOSEN] = rows.order_by("-pk").first()
    found: DestinationChoice | None = known[_CHOSEN]
    return found
