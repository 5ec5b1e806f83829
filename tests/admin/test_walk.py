"""A case from the queue to a released batch, through pages only."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from recovery.models import Payment, PayoutBatch, RecoveryCase
from tests import factories
from tests.people import signed_in

pytestmark = pytest.mark.django_db


def act(client: Client, table: str, pk: int, name: str, /, **data: object):
    url = reverse(f"admin:recovery_{table}_act", args=[pk, name])
    return client.post(url, data, follow=True)


def test_a_case_runs_from_the_queue_to_a_released_batch(
    ada: User, max_: User, bea: User, settings, tmp_path
) -> None:
    settings.FILES_DIR = tmp_path
    event = factories.event()
    as_ada, as_max, as_bea = signed_in(ada), signed_in(max_), signed_in(bea)

    act(as_ada, "event", event.pk, "open-case")
    case = RecoveryCase.objects.get()
    act(as_ada, "recoverycase", case.pk, "take")
    page = as_ada.get(reverse("admin:recovery_recoverycase_change", args=[case.pk]))
    assert (
        "Short 3.10 USDT = trading fee 2.90 + funding 0.20, rows 812, 813."
        in page.content.decode()
    )
    case.refresh_from_db()
    act(
        as_ada,
        "recoverycase",
        case.pk,
        "propose",
        version=case.version,
        result=event.active_assessment.results.get().pk,
        kind="owed",
        amount="3.1",
        reason="Fee and funding were booked too high.",
    )
    decision = case.decisions.get()
    act(
        as_bea,
        "recoverycase",
        case.pk,
        "approve",
        shown_digest=decision.content_digest,
    )
    case.refresh_from_db()
    assert case.status == "owed"

    act(as_max, "recoverycase", case.pk, "credit", amount="3.1")
    payment = Payment.objects.get()
    assert payment.amount == Decimal("3.1")
    digest = payment.content_digest
    act(as_bea, "payment", payment.pk, "approve", shown_digest=digest)
    as_max.post(reverse("admin:recovery_payoutbatch_list_act", args=["build-credit"]))
    batch = PayoutBatch.objects.get()
    act(as_bea, "payoutbatch", batch.pk, "release")
    batch.refresh_from_db()
    assert batch.released_by is None  # Bea approved a line of it.
    as_rio = signed_in(factories.staff("rio", Role.CHECKER))
    act(as_rio, "payoutbatch", batch.pk, "release")
    payment.refresh_from_db()
    assert payment.status == "sent"
    file = as_bea.get(reverse("admin:recovery_payoutbatch_file", args=[batch.pk]))
    assert file["Content-Disposition"].startswith("attachment")
    assert file["X-Content-Type-Options"] == "nosniff"
    assert payment.reference.encode() in b"".join(file.streaming_content)
