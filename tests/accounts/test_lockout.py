"""Guessing is slow, a forged header changes nothing, the true person still comes in."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.accounts.conftest import CODE, come_in, fresh_code, password_step

pytestmark = pytest.mark.django_db
DESK = "/desk/"


@pytest.fixture(autouse=True)
def _three_tries(settings: LazySettings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    settings.LOCKOUT_TRIES_OF_ADDRESS = 8


def wrong_passwords(user: User, count: int, **env: str) -> list[int]:
    return [
        password_step(Client(), user, "wrong", **env).status_code for _ in range(count)
    ]


def test_the_right_password_is_refused_while_locked(bea_with_code: User) -> None:
    assert wrong_passwords(bea_with_code, 3)[-1] == 429
    assert password_step(Client(), bea_with_code).status_code == 429


def test_a_forged_header_opens_no_new_account_of_tries(bea_with_code: User) -> None:
    answers = [
        password_step(
            Client(), bea_with_code, "wrong", HTTP_X_FORWARDED_FOR=f"10.0.{n}.{n}"
        ).status_code
        for n in range(5)
    ]
    assert answers[2:] == [429, 429, 429]


def test_behind_a_proxy_only_its_own_entry_counts(
    bea_with_code: User, settings: LazySettings
) -> None:
    settings.TRUSTED_PROXIES = 1
    answers = [
        password_step(
            Client(),
            bea_with_code,
            "wrong",
            HTTP_X_FORWARDED_FOR=f"10.9.9.{n}, 203.0.113.7",
        ).status_code
        for n in range(4)
    ]
    assert answers[2:] == [429, 429]
    other = password_step(
        Client(), bea_with_code, HTTP_X_FORWARDED_FOR="1.1.1.1, 203.0.113.8"
    )
    assert other["Location"] == CODE


def test_the_true_person_at_another_address_still_comes_in(bea_with_code: User) -> None:
    wrong_passwords(bea_with_code, 5, REMOTE_ADDR="203.0.113.1")
    assert password_step(Client(), bea_with_code)["Location"] == CODE


def test_one_address_trying_many_logins_is_locked_for_all(
    bea_with_code: User, ada: User, db: None
) -> None:
    for number in range(8):
        Client().post(
            "/account/login/", {"login": f"nobody{number}", "password": "wrong"}
        )
    assert password_step(Client(), ada).status_code == 429


def test_wrong_codes_count_like_wrong_passwords(bea_with_code: User) -> None:
    client = Client()
    password_step(client, bea_with_code)
    for _ in range(3):
        client.post(CODE, {"code": "000000"})
    client.post(CODE, {"code": fresh_code(bea_with_code)})
    assert client.get(DESK).status_code == 302
    assert password_step(Client(), bea_with_code).status_code == 429


def test_a_right_password_between_wrong_codes_resets_nothing(
    bea_with_code: User,
) -> None:
    for _ in range(3):
        client = Client()
        password_step(client, bea_with_code)
        client.post(CODE, {"code": "000000"})
    assert password_step(Client(), bea_with_code).status_code == 429


def test_the_lock_ends_after_a_quarter_of_an_hour(bea_with_code: User) -> None:
    wrong_passwords(bea_with_code, 3)
    wrong_passwords(bea_with_code, 3)  # Tries while locked do not prolong it.
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert come_in(bea_with_code).get(DESK).status_code == 200


def test_coming_in_forgets_earlier_slips(bea_with_code: User) -> None:
    wrong_passwords(bea_with_code, 2)
    come_in(bea_with_code)
    assert wrong_passwords(bea_with_code, 2)[-1] == 200


def test_a_known_and_an_unknown_login_are_answered_alike(bea: User) -> None:
    known = password_step(Client(), bea, "wrong").content
    unknown = Client().post("/account/login/", {"login": "nobody", "password": "wrong"})
    strip = b"bea", b"nobody"
    assert len(known) - len(strip[0]) == len(unknown.content) - len(strip[1])
