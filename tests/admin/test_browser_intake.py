"""Intake pages for a keyboard and for a screen reader."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from recovery.models import Provenance
from recovery.services.actors import OPERATOR
from recovery.services.previews import Said, preview_make
from tests.admin.doors import page_url
from tests.admin.test_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GOLDEN = Path(__file__).parents[1] / "venues" / "golden"
OURS = {"include": [["#content-main"]]}
VIEWS = (
    "recovery_sourcefile_catalogue",
    "recovery_sourcefile_scratch",
    "recovery_operationmapping_unknown",
    "recovery_staffnotice_mails",
)


def test_no_intake_page_has_a_fault_a_screen_reader_meets(
    browser_page, live_server, ada: User, settings: Settings, tmp_path: Path
) -> None:
    settings.FILES_DIR = tmp_path / "files"
    path = GOLDEN / "deribit.transaction-log.1.csv"
    said = Said(provenance=Provenance.CUSTOMER_SUPPLIED)
    looked = preview_make(OPERATOR, path=path, name=path.name, said=said)
    sign_in(browser_page, live_server, ada)
    for address in (page_url(looked), *(reverse(f"admin:{one}") for one in VIEWS)):
        browser_page.goto(f"{live_server.url}{address}")
        looked_at = Axe().run(browser_page, context=OURS).response
        assert looked_at["passes"], address
        found = looked_at["violations"]
        told = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
        assert not told, address


def test_a_file_is_uploaded_by_keyboard_with_the_focus_in_sight(
    browser_page, live_server, ada: User
) -> None:
    sign_in(browser_page, live_server, ada)
    listed = reverse("admin:recovery_sourcefile_changelist")
    browser_page.goto(f"{live_server.url}{listed}")
    browser_page.locator("summary", has_text="Upload files").focus()
    browser_page.keyboard.press("Enter")
    names = []
    for _ in range(8):
        browser_page.keyboard.press("Tab")
        names.append(
            browser_page.evaluate(
                "(() => { const at = document.activeElement;"
                " const seen = getComputedStyle(at);"
                " return [at.name, seen.outlineStyle !== 'none'"
                " || seen.boxShadow !== 'none']; })()"
            )
        )
    assert [name for name, _ in names] == [
        "file", "provenance", "venue", "account", "zone", "asset", "day_order", "act",
    ]  # fmt: skip
    assert all(is_seen for _, is_seen in names), names
