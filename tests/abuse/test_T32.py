"""T32: nobody tells an existing account or claim from a missing one."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from recovery.models import Claim, Job, JobKind, OutboxMessage, RecoveryCase
from recovery.services.claims import claim_match
from recovery.tasks import run_all_due
from tests.web import makers

pytestmark = pytest.mark.django_db
FILE = "/claims/file/"
LITERALS = re.compile(r"'(?:[^']|'')*'|\b\d+\b|\"s\d+_x\d+\"")


def asked(act: Callable[[], object]) -> list[str]:
    """The statements of an act without their values."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return [LITERALS.sub("?", one["sql"]) for one in captured.captured_queries]


def test_T32_filing_asks_the_same_of_known_and_unknown(db: None) -> None:  # noqa: N802
    event = makers.make_event(makers.make_customer())
    known = {
        "account_number": event.account.number,
        "transaction_id": event.source_reference,
    }
    unknown = {"account_number": "A-00000", "transaction_id": "LIQ-none"}
    answers, statements = [], []
    for data in (unknown, known, unknown):
        client = Client()

        def act(client: Client = client, data: dict[str, str] = data) -> None:
            answers.append(client.post(FILE, data))

        statements.append(asked(act))
    assert statements[0] == statements[1] == statements[2]
    assert {one.status_code for one in answers} == {302}
    assert {one["Location"] for one in answers} == {"/claims/filed/"}
    assert Claim.objects.count() == Job.objects.filter(kind=JobKind.MATCH).count() == 3
    # Nothing of the match stands there while the stranger waits.
    assert not RecoveryCase.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_T32_the_job_matches_afterwards_and_only_once(db: None) -> None:  # noqa: N802
    event = makers.make_event(makers.make_customer())
    Client().post(
        FILE,
        {
            "account_number": event.account.number,
            "transaction_id": event.source_reference,
        },
    )
    assert run_all_due() == 1
    claim = Claim.objects.select_related("case").get()
    assert claim.case is not None
    assert claim.case.event == event
    assert claim.customer == event.account.customer
    before = OutboxMessage.objects.count()
    claim_match(claim.pk, now=makers.NOW)
    assert RecoveryCase.objects.count() == 1
    assert OutboxMessage.objects.count() == before
