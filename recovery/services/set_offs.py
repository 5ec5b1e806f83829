"""Set-off: proposed by one, approved by another, reversed by a third, only by policy."""

import secrets
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, SamePersonError, StaleError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import CollectionAction, CollectionStatus
from recovery.domain.references import grouped_reference
from recovery.domain.set_off import (
    SetOffRefusedError,
    SetOffSides,
    SetOffStatus,
    set_off_left,
    set_off_require,
)
from recovery.domain.words import DecisionKind, DecisionStatus, PaymentKind
from recovery.models import (
    Collection,
    Decision,
    Event,
    RecoveryCase,
    SetOff,
    SetOffPolicy,
)
from recovery.services.actors import (
    SYSTEM,
    Actor,
    require_fresh_factor,
    require_staff,
)
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.collections import collection_left
from recovery.services.decision_ground import require_ground
from recovery.services.mails import mail_case_news
from recovery.services.payment_content import payment_headroom
from recovery.services.transitions import case_lock, collection_move


def set_off_sides(decision: Decision, collection: Collection) -> SetOffSides:
    """What may be set off on either side now."""
    return SetOffSides(
        payment_headroom(decision, PaymentKind.CREDIT), collection_left(collection)
    )


@transaction.atomic
def set_off_propose(
    actor: Actor,
    decision: Decision,
    collection: Collection,
    *,
    amount: Decimal,
    reason: str,
    now: datetime,
) -> SetOff:
    """Propose to set an owed amount off against a deficit of the same customer.

    Args:
        actor: A maker who proposed neither amount.
        decision: Approved, owed.
        collection: Noticed: the customer was told of the deficit and may dispute it.
        amount: Of both sides, above 0.
        reason: In a sentence; the customer reads it.

    Raises:
        SetOffRefusedError: No policy allows it, the class is protected, or one side is
            less.
        NotReadyError: The sides are of two customers or assets, or not open.
        SamePersonError: The actor proposed one of the amounts.
        DutyMissingError: The actor proposes no payments.
    """
    maker = require_staff(actor, Duty.PROPOSE_PAYMENT)
    event = Event.objects.select_for_update(no_key=True).get(cases=decision.case_id)
    cases = {
        case.pk: case_lock(case)
        for case in sorted([decision.case, collection.case], key=lambda one: one.pk)
    }
    collection = _locked(collection)
    decision.refresh_from_db()
    _require_sides(cases[decision.case_id], decision, collection)
    if not reason.strip():
        raise NotReadyError("Give the reason in a sentence: the customer reads it.")
    if maker.pk in (decision.proposer_id, collection.decision.proposer_id):
        raise SamePersonError(actor.name, "proposed one of the amounts")
    require_ground(decision)
    policy = _policy(event.account.venue, now)
    sides = set_off_sides(decision, collection)
    customer = collection.case.customer
    set_off_require(
        sides,
        amount,
        client_class=customer.client_class if customer else "",
        allowed=policy.client_classes,
    )
    set_off = SetOff(
        reference=grouped_reference("SO", secrets.token_bytes(5)),
        policy=policy,
        decision=decision,
        collection=collection,
        asset=decision.asset,
        amount=amount,
        owed_before_amount=sides.owed,
        due_before_amount=sides.due,
        reason=reason.strip(),
        proposer=maker,
        proposed_at=now,
    )
    set_off.sealed = canonical_json(set_off_content(set_off))
    set_off.content_digest = digest_text(set_off.sealed)
    set_off.save()
    audit_write(actor, "set_off.propose", f"set-off {set_off.reference}")
    return set_off


def _locked(collection: Collection) -> Collection:
    return (
        Collection.objects.select_for_update(of=("self",), no_key=True)
        .select_related("case__customer", "decision")
        .get(pk=collection.pk)
    )


def _require_sides(
    case: RecoveryCase, decision: Decision, collection: Collection
) -> None:
    is_owed = (decision.kind, decision.status) == (
        DecisionKind.OWED,
        DecisionStatus.APPROVED,
    )
    if not is_owed or collection.status != CollectionStatus.NOTICED:
        raise NotReadyError(
            "An approved amount that is owed is set off against a deficit the customer "
            "was told of, and nothing else."
        )
    same = case.customer_id is not None and case.customer_id == (
        collection.case.customer_id
    )
    if not same or decision.asset != collection.asset:
        raise NotReadyError("Both amounts are one customer's, in one asset.")


def _policy(venue: str, now: datetime) -> SetOffPolicy:
    policy = SetOffPolicy.objects.filter(venue=venue, period__contains=now).first()
    if policy is None:
        raise SetOffRefusedError(
            f"No policy in force at {venue} allows a set-off: what is owed is paid, and "
            "the deficit is collected, each on its own."
        )
    return policy


def set_off_content(set_off: SetOff) -> dict[str, object]:
    """What the approval of a set-off seals: both amounts, and what is left of each."""
    before = SetOffSides(set_off.owed_before_amount, set_off.due_before_amount)
    left = set_off_left(before, set_off.amount)
    return {
        "schema": "recovery-set-off/1",
        "set_off": set_off.reference,
        "case": set_off.decision.case.reference,
        "decision": set_off.decision.content_digest,
        "deficit": set_off.collection.reference,
        "asset": set_off.asset,
        "amount": set_off.amount,
        "owed_before": before.owed,
        "owed_left": left.owed,
        "due_before": before.due,
        "due_left": left.due,
        "policy": f"{set_off.policy}, {set_off.policy.terms_reference}",
        "reason": set_off.reason,
    }


def set_off_lock(set_off: SetOff) -> SetOff:
    """The set-off as it is now, locked after both cases and the deficit."""
    ids = (set_off.decision.case_id, set_off.collection.case_id)
    for case in RecoveryCase.objects.filter(pk__in=ids).order_by("pk"):
        case_lock(case)
    _locked(set_off.collection)
    return (
        SetOff.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "policy",
            "decision__case__event",
            "collection__case",
            "collection__decision",
        )
        .get(pk=set_off.pk)
    )


def set_off_approve(
    actor: Actor, set_off: SetOff, *, shown_digest: str, now: datetime
) -> SetOff:
    """Approve a set-off as the second person; it settles the deficit it covers whole.

    Raises:
        SamePersonError: The actor proposed it or one of the amounts.
        FreshFactorNeededError: The last second factor is too long ago.
        StaleError: The page showed another content.
        NotReadyError: It waits no more, or a side moved meanwhile.
        DutyMissingError: The actor approves no payments.
    """
    with refusal_recorded(actor, f"set-off {set_off.reference}", set_off):
        return _approve(actor, set_off, shown_digest, now)


@transaction.atomic
def _approve(actor: Actor, set_off: SetOff, shown_digest: str, now: datetime) -> SetOff:
    checker = require_staff(actor, Duty.APPROVE_PAYMENT)
    set_off = set_off_lock(set_off)
    digest = digest_text(canonical_json(set_off_content(set_off)))
    if not shown_digest == digest == set_off.content_digest:
        raise StaleError("The set-off", shown_digest[:12], digest[:12])
    if set_off.status != SetOffStatus.PROPOSED:
        raise NotReadyError(f"This set-off is already {set_off.status}.")
    collection = set_off.collection
    earlier = {
        set_off.proposer_id: "proposed this set-off",
        set_off.decision.proposer_id: "proposed the amount that is owed",
        collection.decision.proposer_id: "proposed the deficit",
    }
    if act := earlier.get(checker.pk):
        raise SamePersonError(actor.name, act)
    require_fresh_factor(actor, now=now)
    require_ground(set_off.decision)
    if collection.status != CollectionStatus.NOTICED:
        raise NotReadyError(f"The deficit is {collection.status} by now.")
    set_off.status, set_off.approver = SetOffStatus.APPROVED, checker
    set_off.approved_at = now
    set_off.save(update_fields=["status", "approver", "approved_at"])
    audit_write(actor, "set_off.approve", f"set-off {set_off.reference}")
    if collection_left(collection) == ZERO:
        collection_move(SYSTEM, collection, CollectionAction.SETTLE, now=now)
    set_off_tell(set_off, "set_off.approved")
    return set_off


def set_off_tell(set_off: SetOff, news: str) -> None:
    """Tell the customers of both cases, once each."""
    cases = {case.pk: case for case in (set_off.decision.case, set_off.collection.case)}
    for case in cases.values():
        mail_case_news(case, news, key=f"{news}-{set_off.pk}-{case.pk}")
