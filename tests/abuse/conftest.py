"""The desk that the abuse cases of the threat model are tried on."""

import pytest
from pytest_django import Settings

from tests.services.conftest import committed_people, people

__all__ = ["committed_people", "people"]


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Settings, tmp_path: object) -> None:
    """Source files and batches lie where no other test looks."""
    settings.FILES_DIR = tmp_path / "files"  # type: ignore[operator]
