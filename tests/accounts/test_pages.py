"""The pages of sign-in in a browser, under their real policy, wide and on a phone.

With SCREENSHOTS_DIR set, what was seen is kept there.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings as configured
from playwright.sync_api import Page

from accounts.models import User
from tests import factories
from tests.accounts.conftest import come_in, fresh_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 800}
OPEN = (
    "/account/login/",
    "/account/login/?next=/desk/",
    "/account/inactive/",
    "/account/enrol/1-wrong/",
    "/account/enrol/done/",
    "/account/provider/cancelled/",
    "/account/provider/error/",
    "/account/nowhere/",
)
OWN = (
    "/account/factor/",
    "/account/factor/totp/activate/",
    "/account/factor/totp/deactivate/",
    "/account/factor/recovery-codes/",
    "/account/factor/recovery-codes/generate/",
    "/account/factor/webauthn/",
    "/account/factor/webauthn/add/",
    "/account/factor/reauthenticate/",
    "/account/password/",
    "/account/password/first/",
    "/account/sessions/",
    "/account/confirm/",
    "/account/logout/",
    "/account/nowhere/",
)
ERRORS = ("/desk/nowhere/", "/nowhere", "/claims/nowhere/")
_LISTEN = """addEventListener("securitypolicyviolation", (event) => console.error(
  `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""
# What sticks out to the right, and what is too small for a thumb or for eyes.
_FAULTS = """() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push("scrolls sideways");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  for (const one of document.querySelectorAll("button, input, a, select, h1, p, li")) {
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const name = one.outerHTML.slice(0, 80);
    if (box.right > width + 1) found.push(`sticks out: ${name}`);
    if (one.matches("button:not(.si-plain), select, input:not([type=checkbox])")
      && box.height < 36) found.push(`too small: ${name}`);
    if (parseFloat(getComputedStyle(one).fontSize) < 12) found.push(`tiny: ${name}`);
  }
  for (const one of document.querySelectorAll("input:not([type=hidden])")) {
    if (!one.labels.length && !one.ariaLabel) found.push(`no label: ${one.name}`);
  }
  return found;
}"""


@pytest.fixture
def page(browser_page: Page) -> Page:
    """A page that tells every breach of the policy as an error."""
    browser_page.add_init_script(_LISTEN)
    return browser_page


def faults_of(page: Page, site: str, paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            page.goto(f"{site}{path}")
            _keep(page, f"{path.strip('/').replace('/', '-')}-{size['width']}")
            for fault in page.evaluate(_FAULTS):
                yield f"{path} {size['width']}: {fault}"


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS_DIR")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def without_expected(errors: list[str]) -> None:
    """A page that is missing or refuses says so to the console as well."""
    expected = ("404 (Not Found)", "401 (Unauthorized)")
    errors[:] = [one for one in errors if not any(word in one for word in expected)]


def test_every_open_page_of_sign_in_is_whole(
    page: Page, live_server, browser_errors: list[str]
) -> None:
    faults = list(faults_of(page, live_server.url, OPEN + ERRORS))
    without_expected(browser_errors)
    assert (faults, browser_errors) == ([], [])


def test_who_has_no_factor_yet_is_shown_how_to_get_one(
    page: Page, live_server, bea: User, browser_errors: list[str]
) -> None:
    page.goto(f"{live_server.url}/account/login/")
    page.get_by_label("Username").fill(bea.username)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    paths = ("/account/factor/totp/activate/", "/desk/")
    assert list(faults_of(page, live_server.url, paths)) == []
    assert page.locator("img").count() == 1
    assert browser_errors == []


def test_every_own_page_of_sign_in_is_whole(
    page: Page, live_server, bea_with_code: User, browser_errors: list[str]
) -> None:
    RecoveryCodes.activate(bea_with_code)
    client = come_in(bea_with_code)
    cookie = client.cookies[configured.SESSION_COOKIE_NAME]
    page.context.add_cookies(
        [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/account/factor/reauthenticate/")
    page.get_by_label("Code").fill(fresh_code(bea_with_code))
    page.get_by_role("button", name="Confirm").click()
    faults = list(faults_of(page, live_server.url, OWN))
    without_expected(browser_errors)
    assert (faults, browser_errors) == ([], [])
