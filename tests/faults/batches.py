"""Many approved payments, many builders that die: every payment in exactly one batch."""

import subprocess
import sys
import uuid
from collections import Counter
from decimal import Decimal
from random import Random

from django.db import connection, transaction
from django.db.models import Count, Q

from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.lifecycle import PaymentAction, PaymentStatus
from recovery.models import Approval, Payment, PayoutBatch
from recovery.services.batches import batch_hash_total, batch_totals
from recovery.services.payments import payment_content
from tests.faults.desk import CHECKOUT, worker_environment
from tests.story import SHORT, People

BUILDER = (sys.executable, "-m", "tests.faults.batch_builder")


def approved_payments(people: People, count: int) -> None:
    """As many approved credits, written at once: one by one would take the night.

    The guards stand aside for the writing only; seals and approvals are true.
    """
    approved = people.approved(people.credit(people.owed()))
    model = Payment.objects.select_related(
        "case__event__account", "decision__result__assessment"
    ).get(pk=approved.pk)
    rows = [_like(model, number, count) for number in range(count)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Payment.objects.filter(pk=model.pk).update(status=PaymentStatus.CANCELLED)
        made = Payment.objects.bulk_create(rows)
        Approval.objects.bulk_create(
            Approval(
                payment=one,
                proposer=one.proposer,
                approver=one.approver,
                approver_role="checker",
                content=one.sealed,
                content_digest=one.content_digest,
            )
            for one in made
        )


def _like(base: Payment, number: int, count: int) -> Payment:
    one = Payment(
        **{
            field.attname: getattr(base, field.attname)
            for field in Payment._meta.concrete_fields
            if field.name not in {"id", "uuid", "reference", "amount"}
        },
        uuid=uuid.uuid4(),
        reference=f"PY-{number:06}",
        amount=(SHORT / count).quantize(Decimal("1e-9")),
    )
    one.case, one.decision, one.event = base.case, base.decision, base.event
    one.proposer, one.approver = base.proposer, base.approver
    one.version = 1
    one.sealed = canonical_json(payment_content(one))
    one.content_digest = digest_text(one.sealed)
    return one


def build_with_kills(workers: int, *, kills: int, lines_max: int, seed: int) -> int:
    """Start builders again and again; each of the first deaths is drawn beforehand.

    Returns:
        How many were killed at work.
    """
    rng = Random(seed)
    deaths = [rng.randint(2, 40 + 6 * lines_max) for _ in range(kills)]
    environment = {**worker_environment(), "LINES_MAX": str(lines_max)}
    running: list[subprocess.Popen[bytes]] = []
    killed = 0
    while deaths or running:
        while len(running) < workers and deaths:
            fatal = {"DIE_AT_STATEMENT": str(deaths.pop())}
            running.append(_started({**environment, **fatal}))
        ended = running.pop(0)
        killed += ended.wait(timeout=600) < 0
    last = [_started(environment) for _ in range(workers)]
    assert [one.wait(timeout=600) for one in last] == [0] * workers
    return killed


def _started(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(BUILDER, cwd=CHECKOUT, env=environment)


def require_each_in_one_batch(count: int) -> dict[str, object]:
    """Every payment in one batch, once, and every batch the sum of its lines."""
    live = Payment.objects.exclude(status=PaymentStatus.CANCELLED)
    assert live.count() == count
    assert set(live.values_list("status", flat=True)) == {PaymentStatus.IN_BATCH}
    assert not live.filter(batch=None).exists()
    steps = Count("transitions", Q(transitions__action=PaymentAction.ADD_TO_BATCH))
    joined = Counter(live.annotate(steps=steps).values_list("steps", flat=True))
    assert joined == {1: count}
    batches = list(PayoutBatch.objects.annotate(held=Count("payments")))
    assert sum(batch.lines for batch in batches) == count
    for batch in batches:
        lines = list(batch.payments.order_by("pk"))
        assert (batch.lines, batch.held) == (len(lines), len(lines))
        assert batch.totals == batch_totals(lines)
        assert batch.hash_total == batch_hash_total(lines)
    return {"payments": count, "batches": len(batches)}
