"""The people of the tests: Ada proposes, Max makes, Bea checks, Lia leads."""

import pytest
from django.conf import settings

from accounts.models import Customer, User
from accounts.roles import Role
from tests import factories


@pytest.fixture(autouse=True, scope="session")
def static_folder() -> None:
    """Give the file server its folder: it warns without one."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def ada(db: None) -> User:
    """Ada, recon analyst: proposes decisions."""
    return factories.staff("ada", Role.ANALYST, full_name="Ada Lind")


@pytest.fixture
def max_(db: None) -> User:
    """Max, finance maker: proposes payments and builds batches."""
    return factories.staff("max", Role.MAKER, full_name="Max Ober")


@pytest.fixture
def bea(db: None) -> User:
    """Bea, finance checker: approves and releases."""
    return factories.staff("bea", Role.CHECKER, full_name="Bea Roth")


@pytest.fixture
def lia(db: None) -> User:
    """Lia, lead of the desk."""
    return factories.staff("lia", Role.LEAD, full_name="Lia Sand")


@pytest.fixture
def cem(db: None) -> Customer:
    """Cem, a customer with a mail on file."""
    return factories.customer()
