"""The pages of money by other ways, in headless Chromium: nothing is cut."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Model
from django.urls import reverse

from accounts.models import User
from recovery.models import (
    Adjustment,
    AssetPrice,
    Conversion,
    GoodwillBudget,
    GoodwillReason,
    NetworkFeeRule,
    Payment,
    RecordedShare,
    RecoveryCase,
    SetOff,
    SetOffPolicy,
    UnclaimedRule,
)
from recovery.services.goodwill import goodwill_propose
from recovery.services.unclaimed import contact_attempt
from tests import factories
from tests.admin.doors import list_url, page_url
from tests.admin.test_browser import sign_in
from tests.people import acting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOWN = (
    Adjustment,
    Conversion,
    GoodwillBudget,
    GoodwillReason,
    NetworkFeeRule,
    RecordedShare,
    SetOff,
    SetOffPolicy,
    UnclaimedRule,
)


def given(rows: dict[type[Model], Model], maker: User) -> Payment:
    """Goodwill on the case of the rows, and a letter that came back."""
    case = RecoveryCase.objects.get(pk=rows[RecoveryCase].pk)
    contact_attempt(
        acting(maker, factories.NOW),
        case,
        way="letter",
        was_reached=False,
        text="Came back: moved away.",
        now=factories.NOW,
    )
    AssetPrice.objects.create(
        asset="USDT",
        currency="USD",
        price="1",
        priced_at=factories.NOW,
        source="Reference rate",
    )
    return goodwill_propose(
        acting(maker, factories.NOW),
        case,
        reason=GoodwillReason.objects.get(code="late-answer"),
        words="Answered after three weeks.",
        amount=Decimal(2),
        now=factories.NOW,
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_of_other_ways_is_cut(
    browser_page,
    live_server,
    rows: dict[type[Model], Model],
    max_: User,
    lia: User,
    width: int,
) -> None:
    payment = given(rows, max_)
    browser_page.set_viewport_size({"width": width, "height": 900})
    sign_in(browser_page, live_server, lia)
    addresses = [
        *(page_url(rows[model]) for model in SHOWN),
        *(list_url(model) for model in SHOWN),
        page_url(payment),
        page_url(payment.case),
        reverse("admin:recovery_payment_unclaimed"),
    ]
    for address in addresses:
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
