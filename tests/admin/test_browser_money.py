"""The pages that money passes, in headless Chromium: nothing complains, nothing is cut."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from recovery.models import ApprovalPolicy, AssetPrice
from tests import factories
from tests.admin.doors import page_url
from tests.admin.test_browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def two_are_needed() -> None:
    now = timezone.now()
    ApprovalPolicy.objects.create(
        period=(factories.AT, None),
        terms={
            "currency": "USD",
            "two_above": "1",
            "limits": {"approves": {"day": "5000"}},
        },
        terms_reference="House rule 4.2",
    )
    for at in (factories.NOW, now):
        AssetPrice.objects.create(
            asset="USDT",
            currency="USD",
            price="1",
            priced_at=at - timedelta(hours=1),
            source="Reference rate",
        )


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_of_a_payment_says_who_must_approve_and_what_is_left(
    browser_page, live_server, ada: User, bea: User, max_: User, width: int
) -> None:
    two_are_needed()
    payment = factories.credit_waiting(factories.decision_approved(ada, bea), max_)
    deficit = factories.deficit_decided(ada, bea).collection
    browser_page.set_viewport_size({"width": width, "height": 900})
    sign_in(browser_page, live_server, bea)
    browser_page.goto(f"{live_server.url}{page_url(payment)}")
    browser_page.get_by_text("0 of 2").wait_for()
    browser_page.get_by_text("You may still approve").wait_for()
    browser_page.get_by_role("button", name="Approve the payment").click()
    browser_page.get_by_text("One more person must approve.").wait_for()
    browser_page.get_by_text("1 of 2").wait_for()
    look(browser_page, f"payment-{width}")
    for address in (
        page_url(deficit),
        reverse("admin:recovery_collection_changelist"),
        reverse("admin:recovery_approvalpolicy_changelist"),
        reverse("admin:recovery_payment_unclaimed"),
        reverse("admin:recovery_staffnotice_mails"),
    ):
        browser_page.goto(f"{live_server.url}{address}")
        overflow = browser_page.evaluate(
            "document.documentElement.scrollWidth - window.innerWidth"
        )
        assert overflow <= 0, address
        look(browser_page, f"{address.strip('/').replace('/', '-')}-{width}")


def look(page, name: str) -> None:
    """Keep a picture when a folder for them is named."""
    if folder := os.environ.get("SCREENSHOTS_DIR"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
