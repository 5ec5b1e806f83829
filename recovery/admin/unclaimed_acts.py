"""What may be done on a case whose money lies still: reach out, prove, release."""

from datetime import datetime

from django import forms
from django.utils import timezone

from recovery.admin.acts import Act, Data
from recovery.admin.case_decisions import decision_in_force
from recovery.admin.forms import DeskForm, long_text
from recovery.admin.show import words
from recovery.admin.unclaimed import release_of
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.unclaimed import ContactWay
from recovery.domain.words import DecisionKind
from recovery.models import Decision, RecoveryCase
from recovery.services.actors import Actor
from recovery.services.unclaimed import (
    Proof,
    contact_attempt,
    release_approve,
    release_needed,
    release_record,
)

_WORKERS = frozenset({Duty.WORK_CASE, Duty.PROPOSE_PAYMENT})


class ContactForm(DeskForm):
    """Who tried to reach the customer, how, and what came of it."""

    way = forms.ChoiceField(
        label="How", choices=[(one.value, words(one)) for one in ContactWay]
    )
    was_reached = forms.BooleanField(label="The customer was reached", required=False)
    text = long_text("What was said", "Who spoke, or what came back.")


class ProofForm(DeskForm):
    """How it was proved whose money it is."""

    proof = long_text("Proof", "How it was proved whose money it is.")
    evidence = forms.CharField(
        label="Where it lies", help_text="A ticket, a document.", max_length=300
    )


def _owed(case: RecoveryCase) -> Decision | None:
    decision = decision_in_force(case)
    is_owed = decision is not None and decision.kind == DecisionKind.OWED
    return decision if is_owed else None


def _require_owed(case: RecoveryCase) -> Decision:
    decision = _owed(case)
    if decision is None:
        raise NotReadyError("Nothing is owed on this case.")
    return decision


def _needs_proof(_actor: Actor, case: RecoveryCase) -> bool:
    decision = _owed(case)
    if decision is None or release_of(case) is not None:
        return False
    return bool(release_needed(decision, now=timezone.now()))


def _waits(actor: Actor, case: RecoveryCase) -> bool:
    if _owed(case) is None or actor.user is None:
        return False
    release = release_of(case)
    if release is None or release.approver_id is not None:
        return False
    return release.recorded_by_id != actor.user.pk


def _approve(actor: Actor, case: RecoveryCase, _data: Data, now: datetime) -> str:
    release = release_of(case)
    if release is None:
        raise NotReadyError("No proof is recorded yet.")
    release_approve(actor, release, now=now)
    return "Released on proof. The amount may be paid now."


UNCLAIMED_ACTS = (
    Act(
        "contact-attempt",
        "Log an attempt to reach them",
        lambda actor, case, data, now: contact_attempt(
            actor,
            case,
            way=ContactWay(data["way"]),
            was_reached=data["was_reached"],
            text=data["text"],
            now=now,
        ),
        "Written down.",
        _WORKERS,
        ContactForm,
        lambda _actor, case: _owed(case) is not None,
    ),
    Act(
        "release-proof",
        "Record a proof of claim",
        lambda actor, case, data, now: release_record(
            actor,
            _require_owed(case),
            Proof(data["proof"], data["evidence"]),
            now=now,
        ),
        "Recorded. A checker must release the amount.",
        _WORKERS,
        ProofForm,
        _needs_proof,
        hint="Dust and dormant money is paid after a release on proof.",
    ),
    Act(
        "release",
        "Release on proof",
        _approve,
        "Released.",
        frozenset({Duty.APPROVE_PAYMENT}),
        fits=_waits,
        tone="primary",
        hint="As the second person: the proof shows whose money it is.",
    ),
)
