"""Batches: approved payments leave in one file that a second person releases."""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from recovery.domain.approval_rules import Headcount
from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.decision_ground import Ground
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PAYMENT_STEPS, PaymentAction, PaymentStatus
from recovery.domain.money import format_amount
from recovery.domain.references import grouped_reference
from recovery.domain.seals import seal_differences
from recovery.domain.words import PaymentKind
from recovery.models import Payment, PayoutBatch
from recovery.services.actors import (
    SYSTEM,
    Actor,
    require_duty,
    require_fresh_factor,
    require_staff,
)
from recovery.services.approval_limits import approval_rules_at
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.batch_files import batch_file, batch_file_write, batch_path
from recovery.services.decision_ground import decision_ground, require_ground
from recovery.services.destination_use import leaves_by
from recovery.services.fail_points import fail_point
from recovery.services.outcomes import confirmations_read, payments_post
from recovery.services.payments import (
    payment_content,
    payment_hold,
    payment_leaves,
    payment_lock,
)
from recovery.services.transitions import (
    case_lock,
    payment_move,
    require_second_person,
)

__all__ = [
    "batch_build",
    "batch_drop",
    "batch_file",
    "batch_hash_total",
    "batch_path",
    "batch_release",
    "batch_totals",
    "batches_lock",
    "confirmations_read",
    "payment_stop",
    "payments_post",
]
_STANDS = frozenset({Ground.SAME, Ground.PAID})


def batch_build(
    actor: Actor, kind: PaymentKind, *, now: datetime, lines_max: int = 5000
) -> PayoutBatch:
    """Gather every approved payment of a kind into a new batch.

    Each payment is claimed under its row lock, so that any number of builders at
    once put it into exactly one batch. A payment whose sealed content was changed
    behind the desk's back is taken back, in sight of everybody.

    Raises:
        NotReadyError: Nothing approved is waiting.
        DutyMissingError: The actor builds no batches.
    """
    # What was taken back stays so, even when nothing is left to build.
    batch = _build(actor, kind, now, lines_max)
    if batch is None:
        raise NotReadyError("No approved payment of this kind is waiting.")
    return batch


@transaction.atomic
def _build(
    actor: Actor, kind: PaymentKind, now: datetime, lines_max: int
) -> PayoutBatch | None:
    builder = require_staff(actor, Duty.BUILD_BATCH)
    payments = _fit(_approved(kind, lines_max, now), now)
    if not payments:
        return None
    batch = PayoutBatch.objects.create(
        reference=grouped_reference("PB", secrets.token_bytes(5)),
        kind=kind,
        built_by=builder,
        built_at=now,
        lines=len(payments),
        totals=batch_totals(payments),
        hash_total=batch_hash_total(payments),
    )
    for payment in payments:
        payment.batch = batch
        payment_move(actor, payment, PaymentAction.ADD_TO_BATCH, now=now)
    audit_write(actor, "batch.build", f"batch {batch.reference}", lines=batch.lines)
    fail_point("batch.built")
    return batch


def _approved(kind: PaymentKind, lines_max: int, now: datetime) -> list[Payment]:
    return list(
        _with_content(
            Payment.objects.select_for_update(
                of=("self",), skip_locked=True, no_key=True
            )
        )
        .filter(leaves_by(now), status=PaymentStatus.APPROVED, kind=kind)
        .order_by("id")[:lines_max]
    )


def _with_content(rows: QuerySet[Payment]) -> QuerySet[Payment]:
    return rows.select_related(
        "decision__result__assessment",
        "decision__case__event",
        "destination",
        "case__event__account",
        "event__account",
        "replaces",
        "goodwill_budget",
        "goodwill_reason",
        "network_fee_rule",
        "conversion",
    ).prefetch_related("approvals")


def _fit(payments: Sequence[Payment], now: datetime) -> list[Payment]:
    """Those that may leave; the others are taken back or wait for a confirmation."""
    fit = []
    for payment in payments:
        if broken := _broken(payment):
            payment_move(
                SYSTEM, payment, PaymentAction.VOID_APPROVAL, now=now, reason=broken
            )
        elif decision_ground(payment.decision) in _STANDS:
            fit.append(payment)
    return fit


def _broken(payment: Payment) -> str:
    """What is not as it was approved, in words; empty when all is."""
    text = canonical_json(payment_content(payment))
    digest = digest_text(text)
    approved = {
        one.approver_id
        for one in payment.approvals.all()
        if one.content_digest == digest
    }
    is_whole = digest == payment.content_digest == digest_text(payment.sealed)
    if is_whole and len(approved) >= payment.approvals_needed:
        return ""
    told = "; ".join(seal_differences(payment.sealed, text))
    return f"What was approved is not what stands there now: {told or 'the seal'}."


def batches_lock(payments: QuerySet[Payment]) -> list[PayoutBatch]:
    """Lock the batches that payments are in: before their cases, as a release does."""
    ids = payments.filter(status=PaymentStatus.IN_BATCH).values("batch_id")
    return list(
        PayoutBatch.objects.select_for_update(no_key=True)
        .filter(pk__in=ids)
        .order_by("pk")
    )


@transaction.atomic
def batch_drop(
    actor: Actor, payment: Payment, *, reason: str, now: datetime
) -> Payment:
    """Take one payment out of a batch that is not released; its figures follow.

    Raises:
        TransitionRefusedError: It is in no batch, or gone.
        NotReadyError: No reason.
        DutyMissingError: The actor neither builds, releases nor holds.
    """
    if not reason.strip():
        raise NotReadyError("Say why the payment leaves the batch.")
    batch = next(iter(batches_lock(Payment.objects.filter(pk=payment.pk))), None)
    case_lock(payment.case)
    payment = payment_lock(payment)
    payment.batch = None
    payment_move(
        actor, payment, PaymentAction.DROP_FROM_BATCH, now=now, reason=reason.strip()
    )
    if batch is not None:
        left = list(batch.payments.select_related("conversion").order_by("id"))
        batch.lines = len(left)
        batch.totals = batch_totals(left)
        batch.hash_total = batch_hash_total(left)
        batch.save(update_fields=["lines", "totals", "hash_total"])
    return payment


@transaction.atomic
def payment_stop(
    actor: Actor, payment: Payment, *, reason: str, now: datetime
) -> Payment:
    """Hold a payment wherever it is before release, out of its batch if it is in one.

    Raises:
        TransitionRefusedError: It has left.
        NotReadyError: No reason.
        DutyMissingError: The actor holds no payments.
    """
    require_duty(actor, Duty.HOLD_PAYMENT)
    batches_lock(Payment.objects.filter(pk=payment.pk))
    case_lock(payment.case)
    payment = payment_lock(payment)
    if payment.status == PaymentStatus.IN_BATCH:
        # Why it leaves the batch stands in no list that others read.
        payment = batch_drop(actor, payment, reason="Taken out.", now=now)
    return payment_hold(actor, payment, reason=reason, now=now)


def batch_totals(payments: Sequence[Payment]) -> dict[str, str]:
    """Sum of what leaves per asset, as decimal strings."""
    totals: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for payment in payments:
        asset, amount = payment_leaves(payment)
        totals[asset] += amount
    return {asset: format_amount(total) for asset, total in sorted(totals.items())}


def batch_hash_total(payments: Sequence[Payment]) -> str:
    """One digest over every line's sealed content, in the order of the references."""
    digests = sorted(payment.content_digest for payment in payments)
    return digest_text("\n".join(digests))


def batch_release(actor: Actor, batch: PayoutBatch, *, now: datetime) -> PayoutBatch:
    """Release a batch: its file is written and its payments count as sent.

    Raises:
        SamePersonError: The actor built it, or made or checked a line of it.
        FreshFactorNeededError: The last second factor is too long ago.
        NotReadyError: It is released already, or its lines changed.
        DutyMissingError: The actor releases no batches.
    """
    with refusal_recorded(actor, f"batch {batch.reference}", batch):
        return _release(actor, batch, now)


@transaction.atomic
def _release(actor: Actor, batch: PayoutBatch, now: datetime) -> PayoutBatch:
    releaser = require_staff(actor, Duty.RELEASE_BATCH)
    batch = PayoutBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    payments = list(
        _with_content(
            batch.payments.select_for_update(of=("self",), no_key=True)
        ).order_by("id")
    )
    _require_second(actor, batch, payments, now)
    require_fresh_factor(actor, now=now)
    _require_whole(batch, payments)
    text = batch_file(batch, payments)
    batch.released_by = releaser
    batch.released_at = now
    batch.file_name = f"{batch.kind}-{batch.reference}.csv"
    batch.file_sha256 = hashlib.sha256(text.encode()).hexdigest()
    batch.save()
    for payment in payments:
        payment_move(actor, payment, PaymentAction.SEND, now=now)
    audit_write(
        actor,
        "batch.release",
        f"batch {batch.reference}",
        lines=batch.lines,
        totals=batch.totals,
        file=batch.file_sha256,
    )
    batch_file_write(batch.file_name, text)
    fail_point("batch.file_renamed")
    return batch


def _require_second(
    actor: Actor, batch: PayoutBatch, payments: Sequence[Payment], now: datetime
) -> None:
    """Who made or checked any line releases nothing (TRUST T11)."""
    if batch.released_by_id is not None:
        raise NotReadyError("This batch is released already.")
    earlier: dict[int | None, str] = {}
    is_strict = approval_rules_at(now).headcount == Headcount.FIVE
    for payment in payments:
        if is_strict:
            for who in (payment.decision.proposer_id, payment.decision.approver_id):
                earlier[who] = "decided a line of this batch"
        for approval in payment.approvals.all():
            earlier[approval.approver_id] = "approved a line of this batch"
        earlier[payment.proposer_id] = "built this batch or proposed a line of it"
    earlier[batch.built_by_id] = "built this batch or proposed a line of it"
    step = PAYMENT_STEPS[PaymentStatus.IN_BATCH, PaymentAction.SEND]
    require_second_person(actor, step, earlier)


def _require_whole(batch: PayoutBatch, payments: Sequence[Payment]) -> None:
    if not payments:
        raise NotReadyError("This batch holds no payment any more.")
    for payment in payments:
        if broken := _broken(payment):
            raise NotReadyError(f"{payment.reference}: {broken} Drop it first.")
        require_ground(payment.decision)
    same = (len(payments), batch_totals(payments), batch_hash_total(payments))
    if same != (batch.lines, batch.totals, batch.hash_total):
        raise NotReadyError("The lines are not those the batch was built from.")
