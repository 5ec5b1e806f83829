"""The scratch page: paste, read the story, keep nothing."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from recovery.models import LedgerEntry, Provenance, SourceFile, SourceFileState
from recovery.services.rules import rules_ship
from recovery.tasks import run_all_due
from tests.admin.doors import signed_in, take, text_of
from tests.admin.test_browser import sign_in
from tests.services.test_scratch import pasted
from tests.story import HouseAccount, short_ledger

pytestmark = pytest.mark.django_db
POSITION = {
    "venue": "house",
    "side": "long",
    "quantity": "2",
    "entry_price": "100",
    "margin": "20",
    "maintenance_rate": "0.005",
    "fee_rate": "0.0005",
    "close_price": "90.2",
}


@pytest.fixture
def client(ada: User) -> Client:
    rules_ship()
    return signed_in(ada)


def post(client: Client, data: dict[str, str]):
    return client.post(reverse("admin:recovery_sourcefile_scratch"), data)


def test_who_neither_works_cases_nor_imports_gets_no_page(bea: User) -> None:
    address = reverse("admin:recovery_sourcefile_scratch")
    assert signed_in(bea).get(address).status_code == 403


def test_a_refusal_keeps_what_was_pasted(client: Client) -> None:
    answer = post(client, {"rows": "where is my money"})
    assert answer.status_code == 400
    assert "where is my money" in answer.content.decode()


def test_an_unreadable_balance_is_no_zero(client: Client) -> None:
    answer = post(client, {"rows": "a,b", "stated": "USDT many"})
    assert answer.status_code == 400
    assert "USDT many" in text_of(answer)


def test_pasted_rows_are_told_and_forgotten(client: Client) -> None:
    answer = post(client, {"rows": pasted(short_ledger("A-1"))})

    told = text_of(answer)
    assert "short 5.00 USDT" in told
    assert "which is 5 USDT less for you" in told
    assert not LedgerEntry.objects.exists()
    assert not SourceFile.objects.exists()


def test_rows_can_be_kept_as_a_file_that_proves_no_amount(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.FILES_DIR = tmp_path
    rows = pasted(short_ledger("A-1"))
    assert b'name="keep"' in post(client, {"rows": rows}).content

    answer = post(client, {"rows": rows, "keep": "yes"})

    source = SourceFile.objects.get()
    assert answer.status_code == 302
    assert source.provenance == Provenance.CUSTOMER_SUPPLIED
    assert (source.state, source.job) == (SourceFileState.PREVIEWED, None)
    take(client, source, "load")
    run_all_due()
    assert LedgerEntry.objects.count() == len(rows.splitlines()) - 1


def test_a_typed_position_is_reckoned(client: Client) -> None:
    told = text_of(post(client, POSITION))
    assert "90.45226131" in told
    assert "0.5922" in told


def test_a_position_without_a_close_has_prices_only(client: Client) -> None:
    told = text_of(post(client, {**POSITION, "close_price": ""}))
    assert "Liquidated at" in told
    assert "Left for the customer" not in told


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_a_paste_is_told_in_the_browser(
    browser_page, live_server, ada: User, width: int
) -> None:
    rules_ship()
    browser_page.set_viewport_size({"width": width, "height": 900})
    sign_in(browser_page, live_server, ada)
    address = reverse("admin:recovery_sourcefile_scratch")
    browser_page.goto(f"{live_server.url}{address}")
    browser_page.get_by_label("Rows", exact=True).fill(pasted(short_ledger("A-1")))
    browser_page.get_by_role("button", name="Tell the story").click()

    browser_page.get_by_text("5 USDT less for you").wait_for()
    overflow = "document.documentElement.scrollWidth - window.innerWidth"
    assert browser_page.evaluate(overflow) <= 0


@pytest.mark.parametrize(
    ("language", "told", "direction"),
    [
        ("de", "Ihre Position in BTCUSDT wurde um 2026-10-10 16:00 UTC", "ltr"),
        ("ja", "お客様の BTCUSDT のポジションが清算されました", "ltr"),
        ("ar", "تمت تصفية مركزك", "rtl"),
    ],
)
def test_the_story_is_told_in_the_language_chosen(
    language: str, told: str, direction: str, client: Client
) -> None:
    rows = pasted(short_ledger("A-1"))
    page = text_of(post(client, {"rows": rows, "language": language}))
    assert told in page
    assert f'dir="{direction}" lang="{language}"' in page
    assert "data:image/svg+xml;base64," in page


def test_a_language_nobody_speaks_here_is_refused(client: Client) -> None:
    rows = pasted(short_ledger("A-1"))
    assert post(client, {"rows": rows, "language": "xx"}).status_code == 400


def test_rows_without_an_event_have_a_story_too(client: Client) -> None:
    account = HouseAccount("A-1", [])
    account.add("deposit", "100")
    account.add("funding", "-3", instrument="BTCUSDT")
    page = text_of(post(client, {"rows": pasted(account), "stated": "USDT 90"}))
    assert "Funding cost 3 USDT." in page
    assert "the balance stated is 90 USDT, which is 7 USDT less for you." in page


def test_a_wallet_is_replayed_between_two_instants(client: Client) -> None:
    account = HouseAccount("A-1", [])
    for _ in range(4):
        account.add("deposit", "10")
    rows = pasted(account)
    window = {"from_at": "2026-10-10 16:00:02", "until_at": "2026-10-10T16:00:03Z"}
    page = text_of(post(client, {"rows": rows, **window}))
    assert "4 rows = 2 understood + 2 left out" in page
    assert "You had 10 USDT." in page
    assert "You moved in 20 USDT." in page
    assert "That leaves 30 USDT, as it should be." in page
    assert "outside the time asked for" in page


def test_a_time_nobody_can_read_is_asked_again(client: Client) -> None:
    answer = post(client, {"rows": "a,b", "from_at": "yesterday"})
    assert answer.status_code == 400
    assert "is no time" in text_of(answer)
