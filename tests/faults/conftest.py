from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.faults.forks import Forks
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
