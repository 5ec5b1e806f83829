from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Settings, tmp_path: Path) -> None:
    """Source files lie where no other test looks."""
    settings.FILES_DIR = tmp_path / "files"
