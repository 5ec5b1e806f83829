"""T05, T06: no message, command, fixture or raw statement approves or pays."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.core.serializers import serialize
from django.db import IntegrityError, transaction

from config.celery import app
from recovery.domain.errors import DutyMissingError
from recovery.domain.lifecycle import PaymentStatus
from recovery.domain.words import PaymentKind
from recovery.models import Approval, Job, JobKind, Payment
from recovery.services.actors import OPERATOR, SYSTEM
from recovery.services.batches import batch_build, batch_release
from recovery.services.payments import payment_approve
from recovery.tasks import HANDLERS, run
from tests.story import NOW, People

pytestmark = pytest.mark.django_db
CHECKOUT = Path(__file__).resolve().parents[2]
OWN = ("recovery", "accounts")


def test_t05_jobs_move_no_payment_whatever_is_asked_of_them(people: People) -> None:
    """Every kind of job, forged for every payment, in every state before sending."""
    waiting = people.credit(people.owed("A-1"))
    approved = people.approved(people.credit(people.owed("A-2")))
    in_batch = people.approved(people.credit(people.owed("A-3")))
    batch_build(people.max_, PaymentKind.CREDIT, now=NOW, lines_max=1)
    before = dict(Payment.objects.values_list("pk", "status"))
    given = Approval.objects.count()
    for payment in (waiting, approved, in_batch):
        account = payment.event.account_id
        job = Job.objects.create(
            kind=JobKind.ASSESS,
            payload={"accounts": [account], "payment": payment.pk, "approve": True},
            due_at=NOW,
        )
        run(job.pk)
        run(payment.pk)  # The id of something that is no job.
    assert dict(Payment.objects.values_list("pk", "status")) == before
    assert Approval.objects.count() == given


def test_t05_no_task_or_handler_is_named_after_a_decision_or_a_payment() -> None:
    words = ("approve", "release", "pay", "propose", "batch")
    names = [*app.tasks, *(str(kind) for kind in HANDLERS)]
    ours = [name for name in names if not name.startswith("celery.")]
    assert [name for name in ours if any(word in name for word in words)] == []


def test_t06_no_command_approves_releases_or_proposes() -> None:
    ours = {name for name, home in get_commands().items() if home in OWN}
    assert ours
    for home in OWN:
        for path in (CHECKOUT / home / "management" / "commands").glob("*.py"):
            text = path.read_text(encoding="utf-8")
            for word in ("_approve(", "batch_release(", "_propose(", "reconfirm("):
                assert word not in text, (path.name, word)


@pytest.mark.parametrize("actor", [OPERATOR, SYSTEM])
def test_t06_shells_and_jobs_are_nobody(people: People, actor: object) -> None:
    payment = people.credit(people.owed())
    with pytest.raises(DutyMissingError):
        payment_approve(
            actor,  # type: ignore[arg-type]
            payment,
            shown_digest=payment.content_digest,
            now=NOW,
        )


def test_t06_a_fixture_brings_in_no_approved_payment(
    people: People, tmp_path: Path
) -> None:
    payment = people.credit(people.owed())
    rows = json.loads(serialize("json", [payment]))
    rows[0]["pk"] = payment.pk + 1000
    rows[0]["fields"].update(
        reference="PY-FORGED", uuid="0" * 32, status="approved", amount="5"
    )
    path = tmp_path / "forged.json"
    path.write_text(json.dumps(rows))
    with pytest.raises((IntegrityError, CommandError)), transaction.atomic():
        call_command("loaddata", str(path), stdout=io.StringIO())
    assert not Payment.objects.filter(reference="PY-FORGED").exists()


def test_t06_the_orm_moves_no_status_by_itself(people: People) -> None:
    payment = people.credit(people.owed())
    for status in set(PaymentStatus) - {PaymentStatus.PROPOSED}:
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(status=status)


def test_t06_a_released_batch_needs_a_person(people: People) -> None:
    people.approved(people.credit(people.owed()))
    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
    with pytest.raises(DutyMissingError):
        batch_release(OPERATOR, batch, now=NOW)
