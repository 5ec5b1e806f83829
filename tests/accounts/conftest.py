"""Sign-in as people do it: password, code, and the pages in between."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from accounts.codes import code_generator_make, code_now
from accounts.models import User
from tests import factories
from tests.admin.conftest import rows

__all__ = ["rows"]

LOGIN = "/account/login/"
CODE = "/account/factor/authenticate/"
AGAIN = "/account/factor/reauthenticate/"


@pytest.fixture(autouse=True)
def _empty_cache(db: None) -> None:
    """Used codes live in a table that no test flushes."""
    cache.clear()


@pytest.fixture
def bea_with_code(bea: User) -> User:
    """Bea, with a code generator."""
    code_generator_make(bea)
    return bea


def password_step(
    client: Client, user: User, password: str = factories.PASSWORD, **env
):
    """Type login and password."""
    return client.post(LOGIN, {"login": user.username, "password": password}, **env)


def fresh_code(user: User) -> str:
    """Give the code of now, though it was used before in the same half minute."""
    cache.clear()
    code = code_now(user)
    assert code is not None
    return code


def come_in(user: User) -> Client:
    """Sign in by password and code."""
    client = Client()
    password_step(client, user)
    client.post(CODE, {"code": fresh_code(user)})
    return client


def forget_factors(user: User) -> None:
    """Take all factors away."""
    Authenticator.objects.filter(user=user).delete()
