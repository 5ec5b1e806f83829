from pathlib import Path

import pytest

from recovery.demo.generate import write_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of the default size."""
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return folder


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo in which accounts go through several events."""
    folder = tmp_path_factory.mktemp("crowd")
    write_demo(folder, seed=5, events=400)
    return folder
