"""A stranger's first hour: the real desk, four colleagues, three customers.

One test, because each step stands on the one before it.
"""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.env import env_str
from tests.journeys.answers import (
    dead_worker_loses_nothing,
    deficit_is_explained,
    fair_no_is_explained,
    two_more_ask,
    withdrawal_is_confirmed,
    workbook_ties,
)
from tests.journeys.owed import (
    credit_is_confirmed_by_the_next_file,
    decision_needs_two,
    nora_files_a_claim,
    platform_sends_nora,
)
from tests.journeys.people import Claimant, Colleague, Pictures
from tests.journeys.running_desk import RunningDesk
from tests.journeys.walk import Walk

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
END_SECONDS = 120.0


@pytest.fixture
def desk(tmp_path: Path, chromium: object) -> Iterator[RunningDesk]:
    """Start a desk in an empty folder; without Chromium not even that."""
    running = RunningDesk(tmp_path / "run")
    yield running
    running.end()


@pytest.fixture
def walk(
    desk: RunningDesk,
    new_browser_page: Callable[[], "Page"],
    browser_errors: list[str],
    tmp_path: Path,
) -> Walk:
    pictures = Pictures(Path(env_str("SCREENSHOTS_DIR") or tmp_path / "screenshots"))
    desk.wait_for_card()

    def colleague(login: str) -> Colleague:
        return Colleague(new_browser_page(), desk, pictures).sign_in(login)

    return Walk(
        desk=desk,
        folder=tmp_path,
        errors=browser_errors,
        sam=colleague("sam"),
        ada=colleague("ada"),
        max=colleague("max"),
        bea=colleague("bea"),
        rio=colleague("rio"),
        new_claimant=lambda: Claimant(new_browser_page(), desk, pictures),
    )


def test_a_strangers_first_hour(walk: Walk) -> None:
    platform_sends_nora(walk)
    nora = nora_files_a_claim(walk)
    decision_needs_two(walk, nora)
    credit_is_confirmed_by_the_next_file(walk, nora)
    taken_over, below_zero = two_more_ask(walk)
    withdrawal_is_confirmed(walk)
    fair_no_is_explained(walk, taken_over)
    deficit_is_explained(walk, below_zero)
    workbook_ties(walk)
    dead_worker_loses_nothing(walk)
    everything_ends(walk.desk)


def everything_ends(desk: RunningDesk) -> None:
    """Asked to end, the supervisor leaves nothing behind."""
    assert len(desk.left()) > 5
    desk.process.send_signal(signal.SIGTERM)
    assert desk.process.wait(END_SECONDS) == 0
    assert desk.left() == []
    assert "Everything has ended." in desk.said()
