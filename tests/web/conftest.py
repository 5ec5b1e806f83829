"""Fixtures of the claim pages."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from recovery.models import Claim
from recovery.services.outbox import outbox_deliver


def mailed_code(claim: Claim) -> str:
    """Deliver the outbox and read the last code sent for a claim."""
    outbox_deliver(None, timezone.now())
    bodies = [
        one.body
        for one in mail.outbox
        if claim.reference in one.subject and "one-time code" in one.subject
    ]
    return re.search(r"^\s+(\d{8})$", bodies[-1], re.MULTILINE)[1]


@pytest.fixture
def enter_claim(client: Client):
    """Go through the code as a customer does; the client holds the session then."""

    def enter(claim: Claim) -> Client:
        client.post("/claims/enter/", {"reference": claim.reference})
        answer = client.post("/claims/code/", {"code": mailed_code(claim)})
        assert answer.headers["Location"] == "/claims/status/"
        return client

    return enter
