"""Passkeys in headless Chromium, with an authenticator that is played to it."""

import pytest
from allauth.mfa.models import Authenticator

from accounts.models import User
from tests import factories
from tests.accounts.conftest import fresh_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_opens_the_desk_alone(
    browser_page, live_server, bea_with_code: User
) -> None:
    page = browser_page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})

    page.goto(f"{live_server.url}/desk/")
    page.get_by_label("Username").fill("bea")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill(fresh_code(bea_with_code))
    page.get_by_role("button", name="Sign In", exact=True).click()
    page.get_by_role("heading", name="Needs attention").wait_for()

    page.goto(f"{live_server.url}/account/factor/webauthn/add/")
    page.get_by_label("Code").fill(fresh_code(bea_with_code))
    page.get_by_role("button", name="Confirm").click()
    page.locator("[name=name]").fill("Bea's laptop")
    page.locator("[name=passwordless]").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    key = Authenticator.objects.get(user=bea_with_code, type="webauthn")
    assert key.wrap().is_passwordless

    page.get_by_role("button", name="Sign out").first.click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Needs attention").wait_for()
    page.goto(f"{live_server.url}/account/sessions/")
    page.get_by_role("heading", name="Sessions").wait_for()


def test_a_narrow_page_of_sign_in_scrolls_down_only(browser_page, live_server) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 800})
    browser_page.goto(f"{live_server.url}/account/login/")
    browser_page.get_by_role("heading", name="Sign in to the desk").wait_for()
    width = browser_page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
