"""Owed and not claimed: rules per asset, attempts to reach, release on proof by two."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, SamePersonError
from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount
from recovery.domain.unclaimed import ContactWay
from recovery.domain.words import DecisionKind, DecisionStatus
from recovery.models import (
    ContactAttempt,
    Decision,
    RecoveryCase,
    UnclaimedRelease,
    UnclaimedRule,
)
from recovery.services.actors import Actor, require_fresh_factor, require_staff
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.dated_lines import line_end
from recovery.services.transitions import case_lock

_WORKERS = (Duty.WORK_CASE, Duty.PROPOSE_PAYMENT)


@dataclass(frozen=True, slots=True)
class Proof:
    """How it was proved whose money it is, and where that lies."""

    proof: str
    evidence: str


@transaction.atomic
def unclaimed_rule_change(  # noqa: PLR0913 - one rule, all of it named
    actor: Actor,
    *,
    asset: str,
    dust: Decimal,
    dormant_days: int | None,
    valid_from: datetime,
    terms_reference: str,
    now: datetime,
) -> UnclaimedRule:
    """Let another dust threshold and dormancy of an asset begin.

    Raises:
        NotReadyError: In the past, no clause, or figures that cannot be.
        DutyMissingError, FreshFactorNeededError: As everywhere.
    """
    user = require_staff(actor, Duty.ACTIVATE_RULES)
    require_fresh_factor(actor, now=now)
    asset = asset.strip().upper()
    is_sound = asset and dust >= ZERO and (dormant_days is None or dormant_days > 0)
    if not is_sound or valid_from < now:
        raise NotReadyError("Name an asset, figures from 0 up, and no past instant.")
    lines = UnclaimedRule.objects.filter(asset=asset)
    rule = UnclaimedRule.objects.create(
        version=line_end(lines, valid_from, terms_reference),
        period=(valid_from, None),
        asset=asset,
        dust_amount=dust,
        dormant_days=dormant_days,
        terms_reference=terms_reference.strip(),
        is_confirmed=True,
        created_by=user,
    )
    audit_write(
        actor,
        "rules.unclaimed",
        str(rule),
        dust=format_amount(dust),
        dormant_days=dormant_days,
        valid_from=valid_from.isoformat(),
    )
    return rule


@transaction.atomic
def contact_attempt(
    actor: Actor,
    case: RecoveryCase,
    *,
    way: ContactWay,
    was_reached: bool,
    text: str,
    now: datetime,
) -> ContactAttempt:
    """Write down that somebody tried to reach the customer of a case.

    Raises:
        NotReadyError: Nothing is said of it.
        DutyMissingError: The actor works neither cases nor payments.
    """
    user = require_staff(actor, *_WORKERS)
    if not text.strip():
        raise NotReadyError("Say who spoke, or what came back.")
    attempt = ContactAttempt.objects.create(
        case=case,
        way=way,
        was_reached=was_reached,
        text=text.strip(),
        by=user,
        at=now,
    )
    audit_write(actor, "unclaimed.contact", f"case {case.reference}", way=way)
    return attempt


@transaction.atomic
def release_record(
    actor: Actor, decision: Decision, proof: Proof, *, now: datetime
) -> UnclaimedRelease:
    """Record the proof on which dust or dormant money may be paid.

    Raises:
        NotReadyError: No proof, nothing is owed, or a release stands there.
        DutyMissingError: The actor works neither cases nor payments.
    """
    user = require_staff(actor, *_WORKERS)
    case_lock(decision.case)
    decision.refresh_from_db()
    if not proof.proof.strip() or not proof.evidence.strip():
        raise NotReadyError("Say how it was proved whose money it is, and where.")
    if (decision.kind, decision.status) != (
        DecisionKind.OWED,
        DecisionStatus.APPROVED,
    ):
        raise NotReadyError("Only an approved amount that is owed is released.")
    if UnclaimedRelease.objects.filter(decision=decision).exists():
        raise NotReadyError("A release of this amount is recorded already.")
    release = UnclaimedRelease.objects.create(
        decision=decision,
        proof=proof.proof.strip(),
        evidence=proof.evidence.strip(),
        recorded_by=user,
        recorded_at=now,
    )
    audit_write(actor, "unclaimed.proof", f"case {decision.case.reference}")
    return release


def release_approve(
    actor: Actor, release: UnclaimedRelease, *, now: datetime
) -> UnclaimedRelease:
    """Release dust or dormant money as the second person; it may be paid now.

    Raises:
        SamePersonError: The actor recorded the proof or proposed the amount.
        FreshFactorNeededError: The last second factor is too long ago.
        NotReadyError: It is released already.
        DutyMissingError: The actor approves no payments.
    """
    with refusal_recorded(
        actor, f"case {release.decision.case.reference}", release.decision.case
    ):
        return _approve(actor, release, now)


@transaction.atomic
def _approve(
    actor: Actor, release: UnclaimedRelease, now: datetime
) -> UnclaimedRelease:
    user = require_staff(actor, Duty.APPROVE_PAYMENT)
    case_lock(release.decision.case)
    release = (
        UnclaimedRelease.objects.select_for_update(of=("self",), no_key=True)
        .select_related("decision__case")
        .get(pk=release.pk)
    )
    if release.approver_id is not None:
        raise NotReadyError("This amount is released already.")
    earlier = {
        release.recorded_by_id: "recorded the proof",
        release.decision.proposer_id: "proposed the amount",
    }
    if act := earlier.get(user.pk):
        raise SamePersonError(actor.name, act)
    require_fresh_factor(actor, now=now)
    release.approver, release.approved_at = user, now
    release.save(update_fields=["approver", "approved_at"])
    audit_write(actor, "unclaimed.release", f"case {release.decision.case.reference}")
    return release


def unclaimed_rule_at(asset: str, at: datetime) -> UnclaimedRule | None:
    """The rule of an asset in force at an instant."""
    return UnclaimedRule.objects.filter(asset=asset, period__contains=at).first()


def release_needed(decision: Decision, *, now: datetime) -> str:
    """Why an owed amount is paid only after a release; empty when it needs none."""
    rule = unclaimed_rule_at(decision.asset, now)
    if rule is None:
        return ""
    if decision.amount <= rule.dust_amount:
        return f"At most {format_amount(rule.dust_amount)} {decision.asset} is dust"
    since = decision.ended_at or decision.proposed_at
    days = rule.dormant_days
    if days is not None and now - since >= timedelta(days=days):
        return f"What lay {days} days is dormant"
    return ""


def release_require(decision: Decision, *, now: datetime) -> None:
    """Go on when an owed amount needs no release, or two people gave one.

    Raises:
        NotReadyError: It needs one.
    """
    why = release_needed(decision, now=now)
    given = UnclaimedRelease.objects.filter(decision=decision, approver__isnull=False)
    if why and not given.exists():
        raise NotReadyError(
            f"{why}: record the proof whose money it is, and have a second person "
            "release it."
        )
