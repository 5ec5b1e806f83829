"""Signing in by OpenID Connect against a provider of our own on loopback."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from accounts.codes import code_generator_make
from accounts.models import RoleGrant, User
from accounts.roles import Role
from config.env import EnvironmentValueError
from config.sign_in.reading import providers_from_env, role_map_from_env
from recovery.models import AuditEntry
from recovery.services.actors import DELAYED, staff_actor
from tests.accounts.conftest import CODE, fresh_code
from tests.accounts.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    provider_running,
)

pytestmark = pytest.mark.django_db
DESK = "/desk/"
START = "/account/oidc/house/login/"
BACK = "/account/oidc/house/login/callback/"
EVE = {
    "sub": "P-77",
    "preferred_username": "eve",
    "name": "Eve Hart",
    "email": "eve@house.example",
    "groups": ["desk-checkers", "everybody"],
    "amr": ["pwd", "mfa"],
}


@pytest.fixture
def provider(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    """Run the provider and point the desk at it, by the environment."""
    with provider_running() as running:
        monkeypatch.setenv("OIDC_ISSUER", running.issuer)
        monkeypatch.setenv("OIDC_CLIENT_ID", CLIENT_ID)
        monkeypatch.setenv("OIDC_CLIENT_SECRET", CLIENT_SECRET)
        monkeypatch.setenv("OIDC_ROLE_MAP", "desk-checkers=checker,desk-makers=maker")
        settings.SOCIALACCOUNT_PROVIDERS = providers_from_env()
        settings.OIDC_ROLE_MAP = role_map_from_env()
        yield running


@pytest.fixture
def come_by(provider: Provider) -> Callable[..., tuple[Client, HttpResponse]]:
    """Give a way through the provider with these claims."""

    def come(**claims: Any) -> tuple[Client, HttpResponse]:
        client = Client()
        asked = client.post(START)
        carried = provider.agree(asked["Location"], **{**EVE, **claims})
        return client, client.get(BACK, carried)

    return come


def test_a_person_without_a_mapped_group_is_refused_and_not_made(come_by) -> None:
    client, answer = come_by(groups=["everybody"])
    assert answer.status_code == 403
    assert "None of your groups" in answer.content.decode()
    assert not User.objects.exists()
    assert client.get(DESK).status_code == 302


def test_a_group_gives_its_role_and_the_desk_opens(come_by) -> None:
    client, answer = come_by()
    assert answer["Location"] == DESK
    assert client.get(DESK).status_code == 200
    eve = User.objects.get(person_id="P-77")
    assert eve.roles() == {Role.CHECKER}
    assert not eve.has_usable_password()
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["staff.hire", "role.grant", "session.begin"]


def test_a_role_of_a_group_counts_for_money_after_the_delay_only(come_by) -> None:
    come_by()
    assert not staff_actor(User.objects.get(person_id="P-77")).duties & DELAYED


def test_leaving_a_group_takes_the_role_at_the_next_sign_in(come_by) -> None:
    come_by()
    client, _ = come_by(groups=["desk-makers"])
    assert User.objects.get().roles() == {Role.MAKER}
    assert client.get(DESK).status_code == 200
    client, _ = come_by(groups=[])
    assert User.objects.get().roles() == frozenset()
    assert client.get(DESK).status_code == 302
    assert RoleGrant.objects.filter(revoked_at=None).count() == 0
    assert AuditEntry.objects.filter(action="role.revoke").count() == 2


@pytest.mark.parametrize("amr", [None, [], ["pwd"], ["otp"], "pwd"])
def test_without_the_providers_word_the_own_factor_is_asked(come_by, amr) -> None:
    client, answer = come_by(amr=amr)
    assert client.get(DESK).status_code == 302
    eve = User.objects.get(person_id="P-77")
    code_generator_make(eve)
    client, answer = come_by(amr=amr)
    assert answer["Location"] == CODE
    assert client.get(DESK).status_code == 302
    client.post(CODE, {"code": fresh_code(eve)})
    assert client.get(DESK).status_code == 200


def test_the_level_of_the_sign_in_may_say_it_too(
    come_by, settings: LazySettings
) -> None:
    settings.OIDC_MFA_ACR = frozenset({"urn:house:two"})
    client, _ = come_by(amr=["pwd"], acr="urn:house:two")
    assert client.get(DESK).status_code == 200


def test_a_mail_address_alone_connects_nobody_to_an_account(come_by, bea: User) -> None:
    User.objects.filter(pk=bea.pk).update(email=EVE["email"])
    client, answer = come_by()
    assert answer.status_code == 403
    assert "this mail already" in answer.content.decode()
    assert client.get(DESK).status_code == 302
    assert User.objects.count() == 1


def test_a_known_person_keeps_the_one_account(come_by, bea: User) -> None:
    User.objects.filter(pk=bea.pk).update(person_id="P-77")
    client, _ = come_by(preferred_username="somebody-else")
    assert client.get(DESK).status_code == 200
    assert User.objects.get().username == "bea"


def test_a_dismissed_person_stays_out(come_by) -> None:
    come_by()
    User.objects.update(is_active=False)
    client, _ = come_by()
    assert client.get(DESK).status_code == 302
    assert "_auth_user_id" not in client.session


def test_an_answer_nobody_asked_for_is_refused(provider: Provider) -> None:
    asked = Client().post(START)["Location"]
    carried = provider.agree(asked, **EVE)
    other = Client()
    other.get(BACK, carried)
    assert other.get(DESK).status_code == 302
    assert not User.objects.exists()


def test_a_get_starts_no_sign_in(provider: Provider) -> None:
    assert Client().get(START).status_code == 200


def test_the_sign_in_page_offers_the_provider_where_there_is_one(
    provider: Provider, settings: LazySettings
) -> None:
    assert START in Client().get("/account/login/").content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert START not in Client().get("/account/login/").content.decode()
    assert Client().post(START).status_code == 404


def test_a_signed_in_person_cannot_link_another_identity(
    provider: Provider, bea: User
) -> None:
    client = Client()
    client.force_login(bea)
    asked = client.post(f"{START}?process=connect")["Location"]
    answer = client.get(BACK, provider.agree(asked, **EVE))
    assert answer.status_code == 403
    assert not bea.socialaccount_set.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_ISSUER", "http://login.house.example"),
        ("OIDC_CLIENT_ID", ""),
        ("OIDC_ROLE_MAP", "desk=king"),
        ("OIDC_ROLE_MAP", "=maker"),
        ("OIDC_ROLE_MAP", "maker"),
    ],
)
def test_a_half_told_provider_stops_the_start(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "https://login.house.example")
    monkeypatch.setenv("OIDC_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv(name, value)
    read = role_map_from_env if name == "OIDC_ROLE_MAP" else providers_from_env
    with pytest.raises(EnvironmentValueError, match=name):
        read()
