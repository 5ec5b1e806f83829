"""Acts every mapping made by staff has: approve what was shown, refuse, take back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from recovery.admin.acts import Act, Data
from recovery.admin.forms import DeskForm, DigestForm, ReasonForm
from recovery.admin.pages import Fact
from recovery.admin.show import moment
from recovery.domain.duties import Duty
from recovery.models import MappingStatus
from recovery.models.mappings import StaffMapping
from recovery.services.actors import Actor
from recovery.tasks import ring_due

MAY_PROPOSE = frozenset({Duty.PROPOSE_DECISION, Duty.DRAFT_RULES})
MAY_APPROVE = frozenset({Duty.ACTIVATE_RULES})
TONES = {
    MappingStatus.PROPOSED: "wait",
    MappingStatus.APPROVED: "good",
    MappingStatus.REFUSED: "bad",
    MappingStatus.WITHDRAWN: "calm",
}


def _is_own(actor: Actor, mapping: StaffMapping) -> bool:
    return actor.user is not None and actor.user.pk == mapping.proposed_by_id


def _waits(mapping: StaffMapping) -> bool:
    return MappingStatus(mapping.status) is MappingStatus.PROPOSED


def _shown(_actor: Actor, mapping: StaffMapping) -> Data:
    return {"shown_digest": mapping.content_digest}


def decision_acts(
    approve: Callable[..., Any],
    refuse: Callable[..., Any],
    withdraw: Callable[..., Any],
    *,
    approved: str,
) -> tuple[Act, ...]:
    """The three acts, over the services of one kind of mapping.

    Args:
        approved: What the page says after an approval.
    """

    def run_approve(actor: Actor, subject: Any, data: Data, now: datetime) -> None:
        approve(actor, subject, shown_digest=data["shown_digest"], now=now)
        ring_due()

    def run_refuse(actor: Actor, subject: Any, data: Data, now: datetime) -> None:
        refuse(actor, subject, reason=data["reason"], now=now)

    def run_withdraw(actor: Actor, subject: Any, _data: Data, now: datetime) -> None:
        withdraw(actor, subject, now=now)

    return (
        Act(
            "approve",
            "Approve",
            run_approve,
            approved,
            MAY_APPROVE,
            DigestForm,
            fits=lambda actor, one: _waits(one) and not _is_own(actor, one),
            initial=_shown,
            tone="primary",
        ),
        Act(
            "refuse",
            "Refuse",
            run_refuse,
            "Refused; nothing changes.",
            MAY_APPROVE,
            ReasonForm,
            fits=lambda actor, one: _waits(one) and not _is_own(actor, one),
        ),
        Act(
            "withdraw",
            "Take it back",
            run_withdraw,
            "Taken back; nothing changes.",
            MAY_PROPOSE,
            DeskForm,
            fits=lambda actor, one: _waits(one) and _is_own(actor, one),
        ),
    )


def people_facts(mapping: StaffMapping) -> list[Fact]:
    """Who said it, why, and who decided."""
    return [
        Fact("Why", mapping.reason),
        Fact("Where it was read", mapping.source),
        Fact("Proposed by", f"{mapping.proposed_by}, {moment(mapping.proposed_at)}"),
        Fact("Decided by", mapping.decided_by or "—"),
        Fact("Decided", moment(mapping.decided_at)),
        Fact("Reason of the decision", mapping.decision_reason or "—"),
        Fact("Seal", mapping.content_digest[:12]),
    ]
