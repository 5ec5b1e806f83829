"""Every claim page in a real browser: usable, accessible, no script, on a phone."""

import os
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from recovery.models import Claim
from recovery.services.actors import staff_actor
from recovery.services.cases import case_ask_customer
from recovery.tasks import run_all_due
from tests import factories
from tests.web import makers
from tests.web.conftest import mailed_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PUBLIC = ["/", "/claims/file/", "/claims/enter/", "/claims/nothing/"]
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_WIDTHS = (1280, 390, 320)


@pytest.fixture
def site(live_server, settings) -> str:
    settings.SITE_URL = live_server.url
    return live_server.url


def require_good(page: Page) -> None:
    """Hold the page against WCAG, in light and dark, and against narrow screens."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": _WCAG}})
        assert found.violations_count == 0, (page.url, scheme, found.generate_report())
    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        content, screen = page.evaluate(
            "[document.documentElement.scrollWidth, window.innerWidth]"
        )
        assert content <= screen, (page.url, width, content)


def enter(page: Page, site: str, claim: Claim) -> None:
    page.goto(f"{site}/claims/enter/")
    page.get_by_label("Claim reference").fill(claim.reference.lower())
    page.get_by_role("button", name="Mail me a code").click()
    page.get_by_label("One-time code").fill(mailed_code(claim))
    page.get_by_role("button", name="Open my claim").click()
    page.wait_for_url("**/claims/status/")


@pytest.fixture
def scriptless_page(chromium) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def expect_refusals(browser_errors: list[str]) -> Iterator[None]:
    """Take out what the browser notes of answers that are meant to be refusals."""
    yield
    browser_errors[:] = [
        note for note in browser_errors if "Failed to load resource" not in note
    ]


def test_every_open_page_is_accessible_and_fits(
    site, browser_page, expect_refusals
) -> None:
    for path in PUBLIC:
        browser_page.goto(f"{site}{path}")
        require_good(browser_page)


def test_a_refused_form_says_what_to_mend(site, browser_page, expect_refusals) -> None:
    browser_page.goto(f"{site}/claims/file/")
    browser_page.get_by_role("button", name="File the claim").click()

    alert = browser_page.get_by_role("alert")
    assert "Enter your account number." in alert.inner_text()
    assert browser_page.title().startswith("Mend and file a claim")
    require_good(browser_page)


def test_a_claim_is_filed_and_read_without_script(site, scriptless_page) -> None:
    event = makers.make_event(makers.make_customer())
    page = scriptless_page

    page.goto(site)
    page.get_by_role("link", name="File a claim").last.click()
    page.get_by_label("Account number").fill(event.account.number)
    page.get_by_label("Instrument").fill("btcusdt")
    page.get_by_label("Date and time").fill("2026-10-10T21:20")
    page.get_by_role("button", name="File the claim").click()
    claim = Claim.objects.get()
    assert claim.reference in page.inner_text("main")
    run_all_due()  # As a worker does while the page is read.
    page.get_by_role("button", name="Check this claim now").click()
    page.get_by_label("One-time code").fill(mailed_code(claim))
    page.get_by_role("button", name="Open my claim").click()

    assert page.inner_text("h1") == "Received"
    claim.refresh_from_db()
    assert claim.case.event == event


def asked() -> Claim:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    sue = staff_actor(makers.make_staff("sue", "support"))
    case_ask_customer(sue, claim.case, "Which order was it?", now=makers.NOW)
    return claim


def paid() -> Claim:
    claim = makers.decided()
    makers.make_payment(claim.case.decisions.get())
    return claim


def not_owed() -> Claim:
    return makers.decided(makers.TAKEN_OVER, terms=makers.TAKEOVER_TERMS)


def deficit() -> Claim:
    return makers.decided(makers.DEFICIT, deficit="403")


@pytest.mark.parametrize("made", [asked, paid, not_owed, deficit])
def test_every_status_is_accessible_and_fits(
    site, browser_page, made: Callable[[], Claim]
) -> None:
    claim = made()
    enter(browser_page, site, claim)

    require_good(browser_page)
    assert browser_page.locator("[aria-current=step]").count() == 1


def test_answering_and_withdrawing_by_hand(site, browser_page) -> None:
    claim = asked()
    page = browser_page
    enter(page, site, claim)
    page.get_by_label("Your answer").fill("The one of 21:15.")
    page.get_by_role("button", name="Send the answer").click()
    assert page.inner_text("h1") == "We are checking"
    assert "The one of 21:15." in page.inner_text("main")

    page.get_by_role("link", name="Withdraw this claim").click()
    require_good(page)
    page.get_by_role("button", name="Yes, withdraw it").click()
    assert page.inner_text("h1") == "You withdrew this claim"

    page.get_by_role("button", name="Leave").click()
    page.goto(f"{site}/claims/status/")
    assert page.url.endswith("/claims/enter/")


def test_the_keyboard_reaches_the_content_first(site, browser_page) -> None:
    browser_page.goto(f"{site}/claims/enter/")
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.press("Enter")
    browser_page.keyboard.press("Tab")

    focused = browser_page.evaluate("document.activeElement.id")
    assert focused == "id_reference"


def test_a_customer_says_where_money_goes_without_script_on_a_phone(
    site, chromium
) -> None:
    claim = makers.decided()
    factories.destination(claim.customer)
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    enter(page, site, claim)

    page.get_by_role("link", name="Say where it should go").click()
    page.get_by_label("What, and on which network").select_option("USDT, Tron")
    page.get_by_label("Address", exact=True).fill("TJRabPrwbZy45sbavfcjinPJC18kjpRTv9")
    page.get_by_role("button", name="Look at it once more").click()
    assert "check" in page.get_by_role("alert").inner_text()
    keep(page, "claim-destination-refused")

    page.get_by_label("Address", exact=True).fill("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8")
    page.get_by_role("button", name="Look at it once more").click()
    assert page.inner_text("h1") == "Is this address right?"
    keep(page, "claim-destination-look")
    page.get_by_role("button", name="Yes, it is right: send it").click()
    assert "we check it with you by another way" in page.inner_text("main")

    page.get_by_role("button", name="Send my money here").click()
    assert "your choice" in page.inner_text("main")
    keep(page, "claim-destination-chosen")
    assert claim.case.destination_choices.count() == 1
    context.close()


def test_the_pages_about_destinations_are_accessible_and_fit(
    site, browser_page
) -> None:
    claim = makers.decided()
    factories.destination(claim.customer)
    enter(browser_page, site, claim)
    browser_page.goto(f"{site}/claims/destination/")
    require_good(browser_page)
    browser_page.set_viewport_size({"width": 1280, "height": 800})
    browser_page.get_by_label("What, and on which network").select_option("USDT, Tron")
    browser_page.get_by_label("Address", exact=True).fill(
        "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"
    )
    browser_page.get_by_role("button", name="Look at it once more").click()
    require_good(browser_page)


def keep(page: Page, name: str) -> None:
    """Keep what was seen, where a folder for it is named."""
    if folder := os.environ.get("SCREENSHOTS_DIR"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
