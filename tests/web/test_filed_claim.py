"""A claim that was just filed is checked a moment later; the page says so."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from recovery.models import Claim
from recovery.selectors.claim_matching import AT_LEAST, AT_MOST
from recovery.tasks import run_all_due
from tests.web import makers

pytestmark = pytest.mark.django_db
BUTTON = "Check this claim now"
WAIT = 'http-equiv="refresh"'
KNOWN = {"account_number": "A-10042", "transaction_id": "LIQ-77"}
UNKNOWN = {"account_number": "Z-99999", "transaction_id": "LIQ-99"}


def filed(client: Client) -> str:
    return client.get("/claims/filed/").content.decode()


def grow_old(by: timedelta) -> None:
    Claim.objects.update(filed_at=F("filed_at") - by)


@pytest.mark.parametrize("said", [KNOWN, UNKNOWN])
def test_the_page_waits_for_the_job_and_then_offers_the_check(
    client: Client, said: dict[str, str]
) -> None:
    makers.make_event(makers.make_customer())
    client.post("/claims/file/", said)
    page = filed(client)
    assert (BUTTON in page, WAIT in page) == (False, True)
    run_all_due()
    assert BUTTON not in filed(client)  # As long for everybody.
    grow_old(AT_LEAST)
    page = filed(client)
    assert (BUTTON in page, WAIT in page) == (True, False)


def test_nobody_waits_for_a_worker_that_is_away(client: Client) -> None:
    client.post("/claims/file/", UNKNOWN)
    grow_old(AT_LEAST)
    assert BUTTON not in filed(client)
    grow_old(AT_MOST)
    assert BUTTON in filed(client)
