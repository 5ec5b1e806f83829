"""Deficits run to an end: shares, notice, instalments, settled, written off by two."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from recovery.domain.deficit_shares import SharesError, deficit_shares
from recovery.domain.duties import Duty
from recovery.domain.errors import LimitExceededError, NotReadyError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import (
    COLLECTION_STEPS,
    CollectionAction,
    CollectionStatus,
)
from recovery.domain.money import exact, format_amount
from recovery.domain.policy_words import Bearer
from recovery.domain.references import grouped_reference
from recovery.domain.set_off import SET_OFF_LIVE
from recovery.models import (
    Collection,
    Decision,
    DeficitShare,
    Instalment,
    LiquidationPolicy,
    RecordedShare,
    SetOff,
)
from recovery.services.actors import (
    SYSTEM,
    Actor,
    require_duty,
    require_fresh_factor,
    require_staff,
)
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.transitions import (
    case_lock,
    collection_move,
    require_second_person,
)


def collection_lock(collection: Collection) -> Collection:
    """The collection as it is now, locked until commit; its case is locked before."""
    case_lock(collection.case)
    return (
        Collection.objects.select_for_update(of=("self",), no_key=True)
        .select_related("case", "decision")
        .get(pk=collection.pk)
    )


@transaction.atomic
def collection_open(
    decision: Decision,
    *,
    now: datetime,
    recorded: Mapping[Bearer, RecordedShare] | None = None,
) -> Collection:
    """Record who bears a deficit that was decided; ask nobody yet.

    Where the customer bears nothing the collection ends at once as not collected.

    Args:
        decision: Approved, of the kind deficit.
        now: Aware UTC.
        recorded: What others took, written down by hand by two, by bearer.

    Raises:
        NotReadyError: More is recorded than is missing.
    """
    case = decision.case
    policy = _policy(decision)
    hand = recorded or {}
    try:
        shares = deficit_shares(
            decision.amount,
            _bearers(policy),
            client_class=case.customer.client_class if case.customer else "",
            recorded={bearer: row.amount for bearer, row in hand.items()},
        )
    except SharesError as error:
        raise NotReadyError(f"The shares do not fit: {error}.") from error
    collection = Collection.objects.create(
        reference=grouped_reference("DC", secrets.token_bytes(5)),
        case=case,
        decision=decision,
        asset=decision.asset,
        deficit_amount=decision.amount,
        status_since=now,
        opened_at=now,
    )
    clause = policy.terms_reference if policy else ""
    for bearer, amount in sorted(shares.items()):
        by_hand = f"by hand: {hand[bearer].evidence}" if bearer in hand else clause
        DeficitShare.objects.create(
            collection=collection, bearer=bearer, amount=amount, terms_reference=by_hand
        )
    audit_write(SYSTEM, "collection.open", f"collection {collection.reference}")
    if Bearer.CUSTOMER not in shares:
        told = ", ".join(bearer.replace("_", " ") for bearer in sorted(shares))
        collection_move(
            SYSTEM,
            collection,
            CollectionAction.EXEMPT,
            now=now,
            reason=f"Borne by {told}; the customer owes nothing.",
        )
    return collection


def _policy(decision: Decision) -> LiquidationPolicy | None:
    event = decision.case.event
    if event is None:
        return None
    return (
        LiquidationPolicy.objects.filter(
            venue=event.account.venue, period__contains=event.ended_at
        )
        .order_by("product", "version")
        .first()
    )


def _bearers(policy: LiquidationPolicy | None) -> list[Bearer]:
    told = policy.terms.get("deficit_to") if policy else None
    return [Bearer(word) for word in told or [Bearer.INSURANCE_FUND]]


def collection_owed(collection: Collection) -> Decimal:
    """What the customer bears of a deficit."""
    share = collection.shares.filter(bearer=Bearer.CUSTOMER).first()
    return share.amount if share else ZERO


def collection_left(collection: Collection) -> Decimal:
    """What the customer bears and has neither paid nor had set off."""
    paid = collection.instalments.filter(paid_at__isnull=False)
    set_off = SetOff.objects.filter(collection=collection, status__in=SET_OFF_LIVE)
    with exact():
        total = sum(paid.values_list("amount", flat=True), ZERO)
        total += sum(set_off.values_list("amount", flat=True), ZERO)
        return collection_owed(collection) - total


@transaction.atomic
def collection_notice(
    actor: Actor, collection: Collection, *, now: datetime
) -> Collection:
    """Tell the customer what is owed, why, and how to dispute it.

    Raises:
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    collection = collection_lock(collection)
    collection_move(actor, collection, CollectionAction.SEND_NOTICE, now=now)
    return collection


@transaction.atomic
def collection_arrange(
    actor: Actor,
    collection: Collection,
    parts: Sequence[tuple[date, Decimal]],
    *,
    reason: str,
    now: datetime,
) -> Collection:
    """Agree on instalments that make up what is left, exactly.

    Raises:
        NotReadyError: No parts, or days that do not follow each other.
        LimitExceededError: They are not what is left.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    collection = collection_lock(collection)
    days = [day for day, _ in parts]
    if not parts or days != sorted(set(days)) or days[0] < now.date():
        raise NotReadyError("Name the days of the instalments, one after the other.")
    left = collection_left(collection)
    with exact():
        total = sum((amount for _, amount in parts), ZERO)
    if total != left or any(amount <= ZERO for _, amount in parts):
        raise LimitExceededError(
            collection.asset, format_amount(total), format_amount(left)
        )
    last = collection.instalments.aggregate(last=Max("round"))["last"]
    Instalment.objects.bulk_create(
        Instalment(
            collection=collection,
            round=(last or 0) + 1,
            number=number,
            due_on=day,
            amount=amount,
        )
        for number, (day, amount) in enumerate(parts, start=1)
    )
    return collection_move(
        actor, collection, CollectionAction.ARRANGE, now=now, reason=reason
    )


@transaction.atomic
def instalment_paid(
    actor: Actor, instalment: Instalment, *, reference: str, now: datetime
) -> Instalment:
    """Note that an instalment came in; the last one settles the collection.

    Raises:
        NotReadyError: No reference of the payment, or paid already.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    require_duty(actor, Duty.CONFIRM_PAYMENT)
    collection = collection_lock(instalment.collection)
    instalment = Instalment.objects.select_for_update(no_key=True).get(pk=instalment.pk)
    if not reference.strip():
        raise NotReadyError("Give the reference under which the money came in.")
    if instalment.paid_at is not None or collection.status not in (
        CollectionStatus.ARRANGED,
        CollectionStatus.NOTICED,
    ):
        raise NotReadyError("This instalment is paid, or nothing is collected here.")
    instalment.paid_at, instalment.paid_reference = now, reference.strip()
    instalment.save(update_fields=["paid_at", "paid_reference"])
    if collection_left(collection) == ZERO:
        collection_move(actor, collection, CollectionAction.SETTLE, now=now)
    return instalment


@transaction.atomic
def instalments_missed(*, now: datetime) -> int:
    """Take arrangements back of which a day passed without its money.

    Returns:
        How many collections stand noticed again.
    """
    late = Collection.objects.filter(
        status=CollectionStatus.ARRANGED,
        instalments__paid_at=None,
        instalments__due_on__lt=now.date(),
    ).distinct()
    count = 0
    for collection in late.order_by("case_id", "id").values_list("pk", flat=True):
        locked = collection_lock(Collection.objects.get(pk=collection))
        collection_move(
            SYSTEM,
            locked,
            CollectionAction.MISS_INSTALMENT,
            now=now,
            reason="An instalment did not come in on its day.",
        )
        count += 1
    return count


@transaction.atomic
def write_off_propose(
    actor: Actor, collection: Collection, *, reason: str, now: datetime
) -> Collection:
    """Propose to collect no more; somebody else decides.

    Raises:
        NotReadyError: No reason.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    proposer = require_staff(actor, Duty.COLLECT_DEFICIT)
    collection = collection_lock(collection)
    collection.write_off_proposer = proposer
    return collection_move(
        actor, collection, CollectionAction.PROPOSE_WRITE_OFF, now=now, reason=reason
    )


@transaction.atomic
def write_off_return(
    actor: Actor, collection: Collection, *, reason: str, now: datetime
) -> Collection:
    """Send a write-off back: go on collecting.

    Raises:
        NotReadyError: No reason.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    collection = collection_lock(collection)
    collection.write_off_proposer = None
    return collection_move(
        actor, collection, CollectionAction.RETURN_WRITE_OFF, now=now, reason=reason
    )


def write_off_approve(
    actor: Actor, collection: Collection, *, now: datetime
) -> Collection:
    """Write a deficit off as the second person.

    Raises:
        SamePersonError: The actor proposed it.
        FreshFactorNeededError: The last second factor is too long ago.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    with refusal_recorded(actor, f"collection {collection.reference}", collection):
        return _write_off(actor, collection, now)


@transaction.atomic
def _write_off(actor: Actor, collection: Collection, now: datetime) -> Collection:
    approver = require_staff(actor, Duty.APPROVE_WRITE_OFF)
    collection = collection_lock(collection)
    step = COLLECTION_STEPS[
        CollectionStatus.WRITE_OFF_PROPOSED, CollectionAction.APPROVE_WRITE_OFF
    ]
    proposer = collection.write_off_proposer_id
    require_second_person(actor, step, {proposer: "proposed this write-off"})
    require_fresh_factor(actor, now=now)
    collection.write_off_approver = approver
    collection_move(actor, collection, CollectionAction.APPROVE_WRITE_OFF, now=now)
    return collection
