"""Headless Chromium for browser tests: any error on the page fails the test.

Without Chromium these tests are skipped, and the closing lines say so loudly; with
REQUIRE_BROWSER=1 they fail instead.
"""


# Playwright only when a browser is wanted.

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.env import env_bool, env_str

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WITHOUT_CHROMIUM = (
    "BROWSER TESTS NEED CHROMIUM: install the package chromium or name the program"
    " in CHROMIUM."
)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """Run one Chromium for all browser tests of a process."""
    program = Path(env_str("CHROMIUM", "/usr/bin/chromium"))
    if not program.is_file():
        if env_bool("REQUIRE_BROWSER", default=False):
            pytest.fail(_WITHOUT_CHROMIUM)
        pytest.skip(_WITHOUT_CHROMIUM)
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; tests still use the ORM in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def browser_errors() -> list[str]:
    """Collect what the pages complain of; a test may take out what it provoked."""
    return []


@pytest.fixture
def new_browser_page(
    chromium: "Browser", browser_errors: list[str]
) -> Iterator[Callable[[], "Page"]]:
    """Open pages of people who share nothing; none may end with an error."""
    contexts = []

    def new_page() -> "Page":
        context = chromium.new_context()
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note(message, browser_errors))
        page.on("pageerror", lambda error: browser_errors.append(str(error)))
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert browser_errors == []


@pytest.fixture
def browser_page(new_browser_page: Callable[[], "Page"]) -> "Page":
    """Open one page of one person."""
    return new_browser_page()


def _note(message: "ConsoleMessage", errors: list[str]) -> None:
    if message.type == "error":
        errors.append(f"{message.text} ({message.location.get('url', '')})")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> None:
    """Say in the closing lines that browser tests did not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(_WITHOUT_CHROMIUM in str(report.longrepr) for report in skipped)
    if count:
        line = f"{count} SKIPPED. {_WITHOUT_CHROMIUM}"
        terminalreporter.write_line(line, red=True, bold=True)
