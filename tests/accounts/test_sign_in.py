"""A password alone opens nothing; a session opens the desk by what it proved itself."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from tests import factories
from tests.accounts.conftest import (
    AGAIN,
    CODE,
    LOGIN,
    come_in,
    forget_factors,
    fresh_code,
    password_step,
)
from tests.people import prove_factor, signed_in

pytestmark = pytest.mark.django_db
DESK = "/desk/"


def test_a_password_without_a_factor_leads_to_enrolment_not_to_the_desk(
    bea: User,
) -> None:
    client = Client()
    assert password_step(client, bea).status_code == 302
    answer = client.get(DESK, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/")
    assert client.get(DESK).status_code == 302
    assert [page for page, _ in answer.redirect_chain if "totp/activate" in page]


def test_a_password_with_a_factor_owned_but_not_shown_opens_nothing(
    bea_with_code: User,
) -> None:
    client = Client()
    assert password_step(client, bea_with_code)["Location"] == CODE
    assert client.get(DESK).status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_session_from_before_the_factor_opens_nothing(bea_with_code: User) -> None:
    client = Client()
    client.force_login(bea_with_code)
    answer = client.get(DESK, follow=True)
    assert answer.redirect_chain[-1][0].startswith(AGAIN)


def test_a_factor_of_another_person_in_the_session_opens_nothing(
    ada: User, bea: User
) -> None:
    client = signed_in(ada)
    prove_factor(client, ada)
    session = client.session
    session["_auth_user_id"] = str(bea.pk)
    session["_auth_user_hash"] = bea.get_session_auth_hash()
    session.save()
    assert client.get(DESK).status_code == 302


def test_a_vouched_factor_of_another_person_opens_nothing(ada: User, bea: User) -> None:
    client = Client()
    client.force_login(bea)
    session = client.session
    session["accounts_factor_vouched"] = {"user": ada.pk, "at": 1.0}
    session.save()
    assert client.get(DESK).status_code == 302


def test_a_person_who_is_no_staff_is_refused(db: None) -> None:
    user = factories.staff("carl", Role.CHECKER)
    User.objects.filter(pk=user.pk).update(is_staff=False)
    client = signed_in(user)
    assert client.get(DESK).status_code == 302
    assert client.get(DESK, follow=True).status_code == 403


def test_a_dismissed_person_is_out_at_once(bea_with_code: User) -> None:
    client = come_in(bea_with_code)
    assert client.get(DESK).status_code == 200
    User.objects.filter(pk=bea_with_code.pk).update(is_active=False)
    assert client.get(DESK).status_code == 302


def test_password_and_code_open_the_desk(bea_with_code: User) -> None:
    client = come_in(bea_with_code)
    assert client.get(DESK).status_code == 200


def test_a_code_works_once(bea_with_code: User) -> None:
    code = fresh_code(bea_with_code)
    first, second = Client(), Client()
    for client in (first, second):
        password_step(client, bea_with_code)
        client.post(CODE, {"code": code})
    assert first.get(DESK).status_code == 200
    assert second.get(DESK).status_code == 302


def test_a_recovery_code_opens_the_desk_once_and_approves_nothing(
    bea_with_code: User, ada: User
) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    code = RecoveryCodes.activate(bea_with_code).get_unused_codes()[0]
    clients = [Client(), Client()]
    for client in clients:
        password_step(client, bea_with_code)
        client.post(CODE, {"code": code})
    assert [client.get(DESK).status_code for client in clients] == [200, 302]

    decision = factories.decision_waiting(ada)
    address = reverse(
        "admin:recovery_recoverycase_act", args=[decision.case_id, "approve"]
    )
    answer = clients[0].post(address, {"shown_digest": decision.content_digest})
    assert answer["Location"].startswith(AGAIN)


def test_enrolling_a_factor_asks_for_it_before_the_desk_opens(bea: User) -> None:
    client = Client()
    password_step(client, bea)
    activate = reverse("mfa_activate_totp")
    page = client.get(activate, follow=True)
    client.post(
        page.redirect_chain[-1][0] if page.redirect_chain else activate,
        {"password": factories.PASSWORD},
    )
    client.get(activate)
    from allauth.mfa.totp.internal import auth

    secret = client.session[auth.SECRET_SESSION_KEY]
    counter = next(iter(auth.yield_hotp_counters_from_time()))
    code = auth.format_hotp_value(auth.hotp_value(secret, counter))
    client.post(activate, {"code": code})
    assert Authenticator.objects.filter(user=bea, type="totp").exists()
    assert client.get(DESK).status_code == 302
    client.post(AGAIN, {"code": fresh_code(bea)})
    assert client.get(DESK).status_code == 200


def test_the_last_factor_cannot_be_taken_off(bea_with_code: User) -> None:
    client = come_in(bea_with_code)
    client.post(AGAIN, {"code": fresh_code(bea_with_code)})
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=bea_with_code, type="totp").exists()


def test_the_password_alone_confirms_nothing_where_there_is_a_factor(
    bea_with_code: User,
) -> None:
    client = come_in(bea_with_code)
    answer = client.post("/account/confirm/", {"password": factories.PASSWORD})
    assert answer["Location"].startswith(AGAIN)


def test_a_factor_that_was_taken_away_ends_nothing_but_opens_nothing_new(
    bea_with_code: User,
) -> None:
    forget_factors(bea_with_code)
    client = Client()
    password_step(client, bea_with_code)
    assert client.get(DESK).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "/account/signup/",
        "/account/email/",
        "/account/password/reset/",
        "/account/login/code/",
        "/account/factor/trust/",
        "/account/3rdparty/",
    ],
)
def test_pages_nobody_needs_are_not_there(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_after_signing_in_nobody_is_sent_to_another_site(bea_with_code: User) -> None:
    client = Client()
    data = {
        "login": "bea",
        "password": factories.PASSWORD,
        "next": "https://e.example/",
    }
    client.post(LOGIN, data)
    answer = client.post(CODE, {"code": fresh_code(bea_with_code)})
    assert answer["Location"] == DESK
    client = signed_in(bea_with_code)
    answer = client.get("/desk/login/?next=https://e.example/")
    assert answer["Location"] == DESK


def test_signing_in_changes_the_name_of_the_session(bea_with_code: User) -> None:
    client = Client()
    client.get(LOGIN)
    password_step(client, bea_with_code)
    before = client.session.session_key
    client.post(CODE, {"code": fresh_code(bea_with_code)})
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_own_sessions_are_listed_and_others_can_be_ended(bea_with_code: User) -> None:
    here, elsewhere = come_in(bea_with_code), come_in(bea_with_code)
    page = here.get("/account/sessions/")
    assert len(page.context["sessions"]) == 2
    here.post("/account/sessions/", {"session": "others"})
    assert elsewhere.get(DESK).status_code == 302
    assert here.get(DESK).status_code == 200


def test_a_get_signs_nobody_out(bea_with_code: User) -> None:
    client = come_in(bea_with_code)
    client.get("/account/logout/")
    client.get("/desk/logout/")
    assert client.get(DESK).status_code == 200
    client.post("/desk/logout/")
    assert client.get(DESK).status_code == 302


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_change_password",
        "mfa_index",
        "mfa_reauthenticate",
        "mfa_list_webauthn",
        "usersessions_list",
    ],
)
def test_every_page_of_sign_in_renders(bea_with_code: User, name: str) -> None:
    client = come_in(bea_with_code) if name != "account_login" else Client()
    assert client.get(reverse(name)).status_code == 200
