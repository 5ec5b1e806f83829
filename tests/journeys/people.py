"""People at their browsers: what they open, press and read."""

import base64
import hashlib
import hmac
import re
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.journeys.running_desk import RunningDesk

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

_DESKTOP, _PHONE = 1280, 390
_SCREEN = 900
_TALLEST = 5000
_SECONDS_TO_TYPE = 4
_CODE = re.compile(r"^ +(\d{8})$", re.MULTILINE)


def totp_code(secret: str) -> str:
    """What an authenticator app shows now for a secret (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def seconds_left() -> float:
    """How long the code of now is still shown."""
    return 30 - time.time() % 30


class Pictures:
    """The folder of what was seen, numbered in the order of seeing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._count = 0

    def take_first_screen(self, page: "Page", name: str) -> None:
        """Take what is seen without scrolling."""
        page.set_viewport_size({"width": _DESKTOP, "height": _SCREEN})
        page.screenshot(path=self._folder / f"{name}.png")

    def take(self, page: "Page", name: str, *, phone: bool = False) -> None:
        """Take the whole page as it is, on a desktop and perhaps on a phone."""
        self._count += 1
        self._shoot(page, _DESKTOP, f"{self._count:02d}-{name}.png")
        if phone:
            self._shoot(page, _PHONE, f"{self._count:02d}-{name}-{_PHONE}.png")
            page.set_viewport_size({"width": _DESKTOP, "height": _SCREEN})

    def _shoot(self, page: "Page", width: int, name: str) -> None:
        # A tall window instead of a stitched picture: bars that stick stay in place.
        page.set_viewport_size({"width": width, "height": _SCREEN})
        height = page.evaluate("document.documentElement.scrollHeight")
        tall = {"width": width, "height": min(max(height, _SCREEN), _TALLEST)}
        page.set_viewport_size(tall)
        page.screenshot(path=self._folder / name)
        page.set_viewport_size({"width": width, "height": _SCREEN})


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, page: "Page", desk: RunningDesk, pictures: Pictures) -> None:
        page.set_viewport_size({"width": _DESKTOP, "height": _SCREEN})
        page.set_default_timeout(30_000)
        self.page = page
        self.desk = desk
        self._pictures = pictures

    def go(self, path: str) -> None:
        self.page.goto(f"{self.desk.site}{path}")

    def see(self, name: str, *, phone: bool = False) -> None:
        """Keep a picture of what is on the screen."""
        self._pictures.take(self.page, name, phone=phone)

    def see_first_screen(self, name: str) -> None:
        """Keep a picture of what is seen without scrolling."""
        self._pictures.take_first_screen(self.page, name)

    def read(self) -> str:
        """The words of the page's main part, blanks made plain."""
        return " ".join(self.page.locator("main, #main").first.inner_text().split())

    def wait_to_read(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for()


class Colleague(Person):
    """Somebody who works at the desk, a code generator in the pocket."""

    _secret = ""

    def __init__(self, page: "Page", desk: RunningDesk, pictures: Pictures) -> None:
        super().__init__(page, desk, pictures)
        self._used_codes: set[str] = set()

    def sign_in(self, login: str) -> "Colleague":
        password, self._secret = self.desk.logins()[login]
        self.go("/desk/")
        self.page.get_by_label("Username").fill(login)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self._type_code("Sign In")
        self.page.wait_for_url(f"{self.desk.site}/desk/")
        return self

    def _type_code(self, button: str) -> None:
        """Type what the code generator shows; a code works once."""
        code = totp_code(self._secret)
        while code in self._used_codes or seconds_left() < _SECONDS_TO_TYPE:
            self.page.wait_for_timeout(500)
            code = totp_code(self._secret)
        self._used_codes.add(code)
        self.page.get_by_label("Code").fill(code)
        self.page.get_by_role("button", name=button, exact=True).click()

    def open_list(self, table: str, query: str = "") -> None:
        self.go(f"/desk/recovery/{table}/{query and f'?{query}'}")

    def open_row(self, table: str, words: str, query: str = "") -> None:
        """Open the row of a list by the words of its link."""
        self.open_list(table, query or f"q={words}")
        self.page.locator("#result_list").get_by_role("link", name=words).first.click()
        self.page.locator(".dk-title").wait_for()

    def offers(self, label: str) -> bool:
        """Whether a button of this name is on the page."""
        by_name = re.compile(rf"^\s*{re.escape(label)}\s*$")
        return self.page.locator(".dk-button", has_text=by_name).count() > 0

    def press(self, label: str, **typed: str | Path) -> None:
        """Take an act: open its form, fill in what is named, press its button."""
        form = self.form(label)
        for name, value in typed.items():
            self._fill(form.locator(f"[name={name}]"), value)
        form.get_by_role("button", name=label, exact=True).click()
        self.page.wait_for_load_state()
        if "/account/factor/" in self.page.url:
            self._type_code("Confirm")
            self.page.locator(".dk-title").wait_for()
            self.press(label, **typed)

    def form(self, label: str) -> "Locator":
        """The form of an act, opened."""
        button = self.page.locator("button", has_text=re.compile(f"^{label}$"))
        form = self.page.locator("form.dk-form", has=button).first
        opener = self.page.locator(
            "details.dk-act:not([open]) > summary", has_text=re.compile(f"^{label}$")
        )
        if opener.count():
            opener.first.click()
        return form

    def value(self, label: str, name: str) -> str:
        """What an act's form is filled in with."""
        return self.form(label).locator(f"[name={name}]").input_value()

    def forge(self, act: str, **typed: str) -> None:
        """Send an act the page does not offer, as somebody cunning would."""
        address = f"{self.page.url.split('/change/')[0].rstrip('/')}/do/{act}/"
        with self.page.expect_navigation():
            self.page.evaluate(_FORGE, [address, typed])

    def download(self, link: str, to: Path) -> Path:
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name=link).click()
        waiting.value.save_as(to)
        return to

    def _fill(self, field: "Locator", value: str | Path) -> None:
        if isinstance(value, Path):
            field.set_input_files(value)
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


class Claimant(Person):
    """A customer who asks where the rest of the money is."""

    def file(self, account: str, **stated: str) -> str:
        """File a claim and note its reference."""
        self.go("/")
        self.page.get_by_role("link", name="File a claim").last.click()
        self.page.get_by_label("Account number").fill(account)
        for label, value in stated.items():
            self.page.locator(f"[name={label}]").fill(value)
        self.page.get_by_role("button", name="File the claim").click()
        self.page.get_by_role("heading", name="Your claim is filed").wait_for()
        return self.page.locator("strong.code").inner_text()

    def ask_for_code(self, reference: str) -> None:
        self.go("/claims/enter/")
        self.page.get_by_label("Claim reference").fill(reference)
        self.page.get_by_role("button", name="Mail me a code").click()
        self.page.get_by_label("One-time code").wait_for()

    def enter(self, reference: str, mail: str) -> None:
        """Read the code in the mail and enter with it."""
        code = self.desk.wait_for_mail(mail, f"one-time code for {reference}").body
        self.page.get_by_label("One-time code").fill(_CODE.findall(code)[-1])
        self.page.get_by_role("button", name="Open my claim").click()
        self.page.wait_for_url("**/claims/status/")

    def reload(self) -> str:
        self.page.reload()
        return self.read()


_FORGE: Any = """([address, typed]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const [name, value] of Object.entries({...typed, csrfmiddlewaretoken: token})) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""
