from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from pytest_django import Settings

from tests.faults.at_work import Desk, at_work_in, idle
from tests.faults.forks import Forks
from tests.faults.servers import bells_at
from tests.story import People


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Settings, tmp_path: Path) -> None:
    """Source files lie where no other test looks."""
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def people(transactional_db: None, tmp_path: Path) -> People:
    """Ada, Max, Bea, Lia and Cora, hired at a desk of their own."""
    return People.hired(tmp_path)


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Children in milliseconds."""
    found = Forks()
    yield found
    found.close()


@pytest.fixture(scope="session")
def others() -> Iterator[Forks]:
    """A second zygote: two acts at the same moment."""
    found = Forks()
    yield found
    found.close()


@pytest.fixture(scope="session")
def at_work(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Workers that are started once; only tests that ask for them ring for them."""
    ours = current_app.conf.broker_url
    with at_work_in(tmp_path_factory.mktemp("desk")) as found, bells_at(ours):
        yield found


@pytest.fixture
def desk(at_work: Desk, transactional_db: None) -> Iterator[Desk]:
    """Workers that are up and idle, a Redis that is empty, and room for effects."""
    yield from idle(at_work)
