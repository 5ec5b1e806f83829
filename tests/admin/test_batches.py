"""Batches by the page: build once, confirm by file, all lines or none."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from recovery.models import PayoutBatch
from tests import factories
from tests.admin.doors import page_url, signed_in, text_of

pytestmark = pytest.mark.django_db


def list_act(client, name: str, **data: object) -> str:
    address = reverse("admin:recovery_payoutbatch_list_act", args=[name])
    return text_of(client.post(address, data, follow=True))


def confirm(client, body: bytes) -> str:
    file = SimpleUploadedFile("confirmations.csv", body)
    return list_act(client, "confirmations", file=file)


def test_a_checker_builds_no_batch(bea: User) -> None:
    assert "Refused" in list_act(signed_in(bea), "build-credit")


def test_an_empty_round_builds_no_batch(max_: User) -> None:
    assert "No approved payment" in list_act(signed_in(max_), "build-withdrawal")
    assert not PayoutBatch.objects.exists()


def test_approved_credits_go_into_one_batch(ada: User, max_: User, bea: User) -> None:
    for _ in range(2):
        factories.credit_approved(factories.decision_approved(ada, bea), max_, bea)
    client = signed_in(max_)
    assert "built with 2 payments" in list_act(client, "build-credit")
    assert "No approved payment" in list_act(client, "build-credit")
    batch = PayoutBatch.objects.get()
    assert "6.20 USDT" in text_of(client.get(page_url(batch)))
    address = reverse("admin:recovery_payoutbatch_file", args=[batch.pk])
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"payment_reference,status\n", "no lines below its header"),
        (b"\xff\xfe\x00", "no UTF-8 text"),
        (b"payment_reference,status\nPY-X,confirmed\n", "no such withdrawal"),
        (b"payment_reference,status\nPY-X,paid\n", "write confirmed, returned"),
    ],
)
def test_a_confirmation_file_that_cannot_be_taken_says_why(
    max_: User, body: bytes, why: str
) -> None:
    assert why in confirm(signed_in(max_), body)


def test_a_payment_is_approved_from_the_page_of_its_case(
    ada: User, max_: User, bea: User
) -> None:
    payment = factories.credit_waiting(factories.decision_approved(ada, bea), max_)
    client = signed_in(bea)
    page = text_of(client.get(page_url(payment.case)))
    address = reverse("admin:recovery_payment_act", args=[payment.pk, "approve"])
    assert f'action="{address}"' in page
    answer = client.post(
        address,
        {"shown_digest": payment.content_digest, "next": page_url(payment.case)},
    )
    assert answer["Location"] == page_url(payment.case)
    payment.refresh_from_db()
    assert payment.status == "approved"
