"""Codes under many hands at once (TRUST T33, T34)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from recovery.models import Claim, ClaimCode
from recovery.selectors.claim_sessions import session_claim
from recovery.services.claims import claim_enter, claim_request_code
from tests.web import makers
from tests.web.conftest import mailed_code

pytestmark = pytest.mark.django_db(transaction=True)
BROWSER = "one-browser"


@pytest.fixture
def asked() -> tuple[Claim, str]:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    claim_request_code(claim.reference, BROWSER, now=timezone.now())
    return claim, mailed_code(claim)


def at_once(count: int, act: Callable[[], str | None]) -> list[str]:
    def one(_: int) -> str | None:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        return [token for token in pool.map(one, range(count)) if token]


def test_t33_fifty_wrong_guesses_at_once_count_as_five(asked) -> None:
    claim, code = asked
    wrong = f"{(int(code) + 1) % 10**8:08d}"

    def guess() -> str | None:
        return claim_enter(claim.reference, wrong, BROWSER, now=timezone.now())

    assert at_once(50, guess) == []
    assert ClaimCode.objects.get().tries == 5
    assert claim_enter(claim.reference, code, BROWSER, now=timezone.now()) is None


def test_t34_twenty_right_codes_at_once_open_one_session(asked) -> None:
    claim, code = asked

    def enter() -> str | None:
        return claim_enter(claim.reference, code, BROWSER, now=timezone.now())

    tokens = at_once(20, enter)

    assert len(tokens) == 1
    now = timezone.now()
    assert session_claim(tokens[0], now=now) == claim
    assert session_claim(tokens[0], now=now + timedelta(minutes=15)) is None


def test_t36_requests_at_once_stay_within_the_budget() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))

    def ask() -> None:
        claim_request_code(claim.reference, BROWSER, now=timezone.now())

    at_once(20, ask)

    assert ClaimCode.objects.count() == 5
    assert ClaimCode.objects.filter(expires_at__gt=timezone.now()).count() == 1
