"""The claim pages under their policy: no page breaks it, no script runs at all.

tests/web/test_browser.py walks what lies behind a code; any breach fails it too.
"""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_LISTEN = """addEventListener("securitypolicyviolation", (event) => console.error(
  `policy: ${event.violatedDirective} ${event.blockedURI}`))"""
_INJECT = """() => {
  const script = document.createElement("script");
  script.textContent = "window.wasRun = true";
  const ours = document.createElement("script");
  ours.src = "/static/desk/files.js";
  document.head.append(script, ours);
  document.body.setAttribute("style", "border-top: 7px solid");
}"""


def test_every_open_claim_page_keeps_the_policy(browser_page, live_server) -> None:
    browser_page.add_init_script(_LISTEN)
    for path in ("/", "/claims/file/", "/claims/enter/"):
        answer = browser_page.goto(f"{live_server.url}{path}")
        assert "script-src" not in answer.headers["content-security-policy"]
        assert browser_page.locator("h1").is_visible()


def test_neither_strangers_scripts_nor_ours_run_on_a_claim_page(
    browser_page, live_server, browser_errors: list[str]
) -> None:
    browser_page.goto(f"{live_server.url}/claims/file/")
    browser_page.evaluate(_INJECT)
    browser_page.wait_for_timeout(200)
    assert browser_page.evaluate("window.wasRun") is None
    width = browser_page.evaluate("getComputedStyle(document.body).borderTopWidth")
    assert width == "0px"
    assert len([one for one in browser_errors if "Content Security" in one]) == 3
    browser_errors.clear()
