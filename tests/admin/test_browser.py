"""The desk in headless Chromium: no complaint of the page, no sideways scroll."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from recovery.models import Job
from tests import factories
from tests.admin.doors import page_url
from tests.people import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page, live_server, user: User) -> None:
    cookie = signed_in(user).cookies["sessionid"]
    page.context.add_cookies(
        [{"name": "sessionid", "value": cookie.value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/desk/")
    page.get_by_role("heading", name="Needs attention").wait_for()


def test_taking_a_case_and_proposing_on_a_phone(
    browser_page, live_server, ada: User
) -> None:
    case = factories.case_new(ada)
    browser_page.set_viewport_size({"width": 390, "height": 800})
    sign_in(browser_page, live_server, ada)
    browser_page.goto(f"{live_server.url}{page_url(case)}")
    browser_page.get_by_role("button", name="Take the case").click()
    browser_page.get_by_text("The case is yours.").wait_for()
    browser_page.get_by_text("Propose a decision").first.click()
    browser_page.locator("#propose-reason").fill("The fee was booked too high.")
    browser_page.get_by_role("button", name="Propose a decision").click()
    browser_page.get_by_text("Somebody else must approve it.").wait_for()
    case.refresh_from_db()
    assert case.status == "proposed"


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_their_window_and_load_without_complaint(
    browser_page, live_server, bea: User, ada: User, width: int
) -> None:
    decision = factories.decision_waiting(ada)
    browser_page.set_viewport_size({"width": width, "height": 800})
    sign_in(browser_page, live_server, bea)
    addresses = [
        reverse("admin:recovery_recoverycase_changelist"),
        reverse("admin:recovery_approval_changelist"),
        reverse("admin:recovery_sourcefile_changelist"),
        reverse("admin:recovery_payoutbatch_changelist"),
        page_url(decision.case),
        page_url(decision.case.event),
    ]
    for address in addresses:
        browser_page.goto(f"{live_server.url}{address}")
        overflow = browser_page.evaluate(
            "document.documentElement.scrollWidth - window.innerWidth"
        )
        assert overflow <= 0, address


def test_a_running_import_is_followed_without_reloading_by_hand(
    browser_page, live_server, ada: User
) -> None:
    job = Job.objects.create(
        kind="import",
        state="running",
        due_at=factories.NOW,
        started_at=timezone.now(),
        progress_done=100,
        progress_total=400,
        progress_unit="rows",
    )
    sign_in(browser_page, live_server, ada)
    browser_page.goto(f"{live_server.url}{page_url(job)}")
    browser_page.get_by_text("100 of about 400 rows").wait_for()
    Job.objects.update(progress_done=300)
    browser_page.get_by_text("300 of about 400 rows").wait_for()
    Job.objects.update(state="done", finished_at=timezone.now(), message="All read.")
    browser_page.get_by_text("All read.").wait_for()
