from pathlib import Path

import pytest
from pytest_django import Settings

from tests.story import People


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Settings, tmp_path: Path) -> None:
    """Source files and batches lie where no other test looks."""
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def people(db: None, tmp_path: Path) -> People:
    """Ada, Max, Bea, Lia and Cora, hired."""
    return People.hired(tmp_path)


@pytest.fixture
def committed_people(transactional_db: None, tmp_path: Path) -> People:
    """The same people in rows that other connections see."""
    return People.hired(tmp_path)
