"""The clock of one web process is wrong: nobody comes in longer, or is out sooner."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from accounts.codes import code_generator_make
from accounts.models import (
    Customer,
    Destination,
    RoleGrant,
    ScreeningResult,
    User,
)
from accounts.roles import Role
from recovery.domain.duties import Duty
from recovery.models import Claim, ClaimCode
from recovery.services.actors import staff_actor
from recovery.services.clock import database_now
from recovery.services.destinations import Screening, destination_screen
from tests import factories
from tests.accounts.conftest import come_in, password_step
from tests.admin.doors import act_url
from tests.faults.test_F20_clocks import clock_wrong_by
from tests.people import signed_in
from tests.services.test_destinations import verified
from tests.web import makers
from tests.web.conftest import mailed_code

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("hours", [-24, 24]),
]
DESK, STATUS = "/desk/", "/claims/status/"
SLACK = timedelta(minutes=1)


@pytest.fixture
def bea_with_code(bea: User) -> User:
    cache.clear()
    code_generator_make(bea)
    return bea


@pytest.fixture
def asked(client: Client) -> tuple[Claim, str]:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client.post("/claims/enter/", {"reference": claim.reference})
    return claim, mailed_code(claim)


def enter(client: Client, code: str) -> bool:
    answer = client.post("/claims/code/", {"code": code})
    return answer.headers.get("Location") == STATUS


def test_f20_a_code_opens_the_claim_on_a_page_whose_clock_is_wrong(
    hours: int, client: Client, asked: tuple[Claim, str]
) -> None:
    with clock_wrong_by(hours):
        assert enter(client, asked[1])
        assert client.get(STATUS).status_code == 200
    assert client.get(STATUS).status_code == 200


def test_f20_a_code_asked_on_a_wrong_page_opens_the_claim_on_a_right_one(
    hours: int, client: Client
) -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    with clock_wrong_by(hours):
        client.post("/claims/enter/", {"reference": claim.reference})
    assert enter(client, mailed_code(claim))


def test_f20_a_code_beyond_its_time_opens_nothing_on_any_page(
    hours: int, client: Client, asked: tuple[Claim, str]
) -> None:
    ClaimCode.objects.update(expires_at=database_now() - timedelta(seconds=1))
    with clock_wrong_by(hours):
        assert not enter(client, asked[1])


def test_f20_a_claim_session_ends_in_its_time_on_any_page(
    hours: int, client: Client, asked: tuple[Claim, str]
) -> None:
    assert enter(client, asked[1])
    ClaimCode.objects.update(used_at=database_now() - timedelta(minutes=15))
    with clock_wrong_by(hours):
        assert client.get(STATUS).status_code == 302


def test_f20_a_session_of_staff_goes_on_where_a_clock_is_wrong(
    hours: int, bea: User
) -> None:
    client = signed_in(bea)
    assert client.get(DESK).status_code == 200
    with clock_wrong_by(hours):
        assert client.get(DESK).status_code == 200
    assert client.get(DESK).status_code == 200


def test_f20_an_idle_session_of_staff_ends_where_a_clock_is_wrong(
    hours: int, bea: User
) -> None:
    client = signed_in(bea)
    client.get(DESK)
    session = client.session
    mark = session["desk_session"]
    session["desk_session"] = {**mark, "seen": mark["seen"] - 31 * 60}
    session.save()
    with clock_wrong_by(hours):
        assert client.get(DESK).status_code == 302


def test_f20_a_factor_proved_at_a_wrong_clock_is_fresh_and_grows_old(
    hours: int, ada: User, bea_with_code: User
) -> None:
    decision = factories.decision_waiting(ada)
    seal = {"shown_digest": decision.content_digest}
    with clock_wrong_by(hours):
        client = come_in(bea_with_code)
    client.post(act_url(decision.case, "approve"), seal)
    decision.refresh_from_db()
    assert decision.status == "approved"
    timed = client.session["accounts_factor_timed"]
    (at,) = timed.values()
    assert abs(at - database_now().timestamp()) < SLACK.total_seconds()


def test_f20_a_new_role_rests_its_time_whatever_a_clock_says(
    hours: int, bea: User
) -> None:
    RoleGrant.objects.filter(user=bea).update(
        granted_at=database_now() - timedelta(hours=1)
    )
    with clock_wrong_by(hours):
        duties = staff_actor(User.objects.get(pk=bea.pk)).duties
    assert Duty.APPROVE_PAYMENT not in duties
    RoleGrant.objects.filter(user=bea).update(
        granted_at=database_now() - timedelta(days=30)
    )
    with clock_wrong_by(hours):
        assert Duty.APPROVE_PAYMENT in staff_actor(User.objects.get(pk=bea.pk)).duties


def test_f20_a_destination_approved_at_a_wrong_clock_rests_its_whole_time(
    hours: int, cem: Customer
) -> None:
    ada = factories.staff("ada", Role.ANALYST)
    made, now = verified(ada, cem), database_now()
    clear = Screening("Screen Ltd", ScreeningResult.CLEAR, now)
    destination_screen(staff_actor(ada), made, clear, now=now)
    client = signed_in(factories.staff("lia", Role.LEAD))
    with clock_wrong_by(hours):
        client.post(act_url(made, "approve"))
    made = Destination.objects.get(pk=made.pk)
    assert made.usable_at is not None
    rest = made.usable_at - database_now()
    assert timedelta(hours=48) - SLACK < rest <= timedelta(hours=48)


def test_f20_a_lock_of_wrong_tries_holds_where_a_clock_is_wrong(
    hours: int, bea_with_code: User, settings: LazySettings
) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    with clock_wrong_by(hours):
        for _ in range(3):
            password_step(Client(), bea_with_code, "wrong")
    assert password_step(Client(), bea_with_code).status_code == 429
    with clock_wrong_by(-hours):
        assert password_step(Client(), bea_with_code).status_code == 429
