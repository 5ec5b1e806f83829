"""The desk under its real policy: no page breaks it, and everything still works."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from recovery.models import CaseNote, MarkPriceEntry, SourceFile
from tests import factories
from tests.admin.doors import desk_addresses, list_url, page_url, signed_in
from tests.admin.theme_expressions import is_replaced, theme_expressions

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Rows = dict[type[Model], Model]
_LISTEN = """addEventListener("securitypolicyviolation", (event) => console.error(
  `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""
_PARSES = """(all) => all.filter((said) => {
  const element = document.createElement("div");
  try { Alpine.evaluateRaw(element, said); } catch (error) {
    return error.message.startsWith("CSP Parser Error");
  }
  return false;
})"""
_WIDE = {"width": 1440, "height": 900}
_PHONE = {"width": 390, "height": 800}


@pytest.fixture
def page(browser_page) -> Page:
    """A page that tells every breach of the policy as an error."""
    browser_page.add_init_script(_LISTEN)
    browser_page.set_viewport_size(_WIDE)
    return browser_page


@pytest.fixture
def come_in(page, live_server):
    """Put somebody's session into the browser: how they got it is another's test."""

    def enter(user: User) -> Client:
        client = signed_in(user)
        value = client.cookies[configured.SESSION_COOKIE_NAME].value
        cookie = {"name": configured.SESSION_COOKIE_NAME, "value": value}
        page.context.add_cookies([{**cookie, "url": live_server.url}])
        return client

    return enter


@pytest.fixture
def go(page, live_server):
    """Open an address of the desk and wait until the theme has started."""

    def open_page(address: str) -> Page:
        answer = page.goto(f"{live_server.url}{address}")
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        expect(page.locator("html")).not_to_have_attribute("x-cloak", "")
        return page

    return open_page


def pages_of(client: Client, rows: Rows) -> list[str]:
    """Every address of the desk that answers with a page of the theme."""
    found = []
    for address in {*desk_addresses(rows)}:
        answer = client.get(address)
        is_page = answer["Content-Type"].startswith("text/html")
        if answer.status_code == 200 and is_page and b"x-cloak" in answer.content:
            found.append(address)
    return sorted(found)


def test_every_page_of_the_desk_keeps_the_policy(
    rows: Rows, come_in, go, lia: User
) -> None:
    addresses = pages_of(come_in(lia), rows)
    assert len(addresses) >= 40
    for address in addresses:
        page = go(address)
        expect(page.locator("#content-main, #content").first).to_be_visible()


def test_the_preview_of_what_the_customer_sees_keeps_the_policy(
    come_in, page, live_server, ada: User
) -> None:
    case = factories.case_new(ada)
    come_in(ada)
    address = reverse("admin:recovery_recoverycase_preview", args=[case.pk])
    page.goto(f"{live_server.url}{address}")
    expect(page.get_by_text("Preview for staff")).to_be_visible()


def test_the_entrance_keeps_the_policy(page, live_server, ada: User) -> None:
    page.goto(f"{live_server.url}/desk/login/")
    expect(page.locator("input[type=password]").first).to_be_visible()


def test_code_that_is_not_ours_does_not_run(
    come_in, go, browser_errors: list[str], ada: User
) -> None:
    come_in(ada)
    page = go("/desk/")
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.wasRun = true";
          document.head.append(script);
          const far = document.createElement("script");
          far.src = "https://evil.example/x.js";
          document.head.append(far);
        }"""
    )
    assert page.evaluate("window.wasRun") is None
    page.evaluate(
        """() => setTimeout(() => {
          try { Function("1"); } catch (error) { window.wasRefused = error.name; }
        })"""
    )
    page.wait_for_function("window.wasRefused")
    assert page.evaluate("window.wasRefused") == "EvalError"
    assert any("script-src" in error for error in browser_errors)
    browser_errors.clear()


def test_alpine_reads_every_expression_that_is_not_said_again(
    come_in, go, browser_errors: list[str], ada: User
) -> None:
    come_in(ada)
    page = go("/desk/")
    asked = sorted(
        {
            said
            for file, attribute, said in theme_expressions()
            if said
            and attribute not in ("x-for", "x-transition")
            and not is_replaced(file, attribute, said)
        }
    )
    assert len(asked) > 100
    assert page.evaluate(_PARSES, asked) == []
    browser_errors.clear()  # Expressions out of their place may throw later.


def test_filters_open_and_close_and_narrow_the_list(come_in, go, ada: User) -> None:
    factories.case_new(ada)
    come_in(ada)
    page = go("/desk/recovery/recoverycase/")
    page.get_by_text("Filters").first.click()
    sheet = page.locator("[x-show=filterOpen]")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.get_by_text("Filters").first.click()
    sheet.get_by_role("link", name="Proposed").first.click()
    page.wait_for_url("**?*proposed*")
    expect(page.locator("#result_list")).to_have_count(0)


def test_the_palette_finds_a_case_by_keyboard(come_in, go, ada: User) -> None:
    case = factories.case_new(ada)
    come_in(ada)
    page = go("/desk/")
    page.keyboard.press("Control+k")
    field = page.locator("#search-input-command")
    expect(field).to_be_focused()
    field.press_sequentially(case.reference)
    expect(page.locator("#command-results-list li")).to_have_count(1)
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url(f"**{page_url(case)}**")
    expect(page.locator("html")).not_to_have_attribute("x-cloak", "")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()


def test_a_click_on_the_search_opens_the_palette(come_in, go, ada: User) -> None:
    come_in(ada)
    page = go("/desk/")
    page.locator("[x-on\\:click=\"$dispatch('opencommand')\"]").click()
    expect(page.locator("#search-input-command")).to_be_focused()


def test_dark_and_light_are_chosen_and_kept(come_in, go, ada: User) -> None:
    come_in(ada)
    page = go("/desk/")
    menu = page.locator("[x-show=openUserLinks]")
    for label, theme in [("Dark", "dark"), ("Light", "light")]:
        page.locator("[x-on\\:click='openUserLinks = !openUserLinks']").click()
        menu.get_by_text(label, exact=True).click()
        expect(page.locator("html")).to_have_class(theme)
        go("/desk/")
        expect(page.locator("html")).to_have_class(theme)


def test_the_sidebar_closes_and_stays_closed(come_in, go, ada: User) -> None:
    come_in(ada)
    page = go("/desk/")
    sidebar = page.locator("#nav-sidebar-apps")
    expect(sidebar).to_be_visible()
    page.get_by_text("dock_to_right").first.click()
    expect(sidebar).to_be_hidden()
    go("/desk/")
    expect(sidebar).to_be_hidden()
    page.get_by_text("dock_to_right").first.click()
    expect(sidebar).to_be_visible()


def test_the_menu_opens_on_a_phone(come_in, go, page, ada: User) -> None:
    page.set_viewport_size(_PHONE)
    come_in(ada)
    go("/desk/")
    sidebar = page.locator("#nav-sidebar-apps")
    expect(sidebar).to_be_hidden()
    page.get_by_text("dock_to_right").last.click()
    expect(sidebar).to_be_visible()


def test_the_next_page_of_a_list_is_reached(come_in, go, ada: User) -> None:
    file = factories.source_file()
    MarkPriceEntry.objects.bulk_create(
        MarkPriceEntry(
            source_file=file,
            row_number=number,
            venue="house",
            instrument="BTCUSDT",
            occurred_at=factories.AT + timedelta(minutes=number),
            mark_price=60000,
        )
        for number in range(60)
    )
    come_in(ada)
    page = go(list_url(MarkPriceEntry))
    page.get_by_role("link", name="2", exact=True).first.click()
    page.wait_for_url("**p=2**")


def test_every_act_of_a_case_opens_and_one_is_taken(come_in, go, ada: User) -> None:
    case = factories.case_taken(ada)
    come_in(ada)
    page = go(page_url(case))
    acts = page.locator("details.dk-act")
    assert acts.count() >= 4
    for number in range(acts.count()):
        act = acts.nth(number)
        if act.get_attribute("open") is None:
            act.locator("summary").click()
        expect(act.locator("button[type=submit]")).to_be_visible()
    form = page.locator("form:has(button[value=note])")
    form.locator("textarea").fill("Asked the engine's people.")
    form.locator("button").click()
    expect(page.get_by_text("Asked the engine's people.")).to_be_visible()
    assert CaseNote.objects.filter(text="Asked the engine's people.").count() == 1


def test_a_file_goes_up_and_comes_down(
    come_in, go, page, settings, tmp_path, ada: User
) -> None:
    settings.FILES_DIR = tmp_path / "files"
    come_in(ada)
    go(list_url(SourceFile))
    page.get_by_text("Upload files").first.click()
    chosen = {"name": "ledger.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
    form = page.locator("form:has(button[value=upload])")
    form.locator("input[type=file]").set_input_files(chosen)
    form.locator("select[name=provenance]").select_option("customer_supplied")
    page.locator("button[value=upload]").click()
    expect(page.get_by_text("Looked into it; nothing is loaded yet.")).to_be_visible()

    file = factories.source_file()
    address = reverse("admin:recovery_sourcefile_rejected", args=[file.pk])
    page.evaluate(
        """(address) => {
          const link = document.createElement("a");
          link.href = address; link.id = "fetch"; link.textContent = "fetch";
          document.querySelector("#content").prepend(link);
        }""",
        address,
    )
    with page.expect_download() as download:
        page.locator("#fetch").click()
    assert download.value.path().read_bytes()
