"""Limits at the claim pages: no header resets them, no page tells of a match."""

import re
import secrets

import pytest
from django.core import mail
from django.test import Client, RequestFactory
from django.utils import timezone

from recovery.models import Claim, ClaimCode, LimitedAct, OutboxMessage, RateCount
from recovery.services.outbox import outbox_deliver
from recovery.services.rate_limits import rate_limit_take
from recovery.web.client_address import client_address
from tests.web import makers
from tests.web.conftest import mailed_code
from tests.web.test_refusals import CODE, ENTER, seen, unknown_reference

pytestmark = pytest.mark.django_db
FILE = "/claims/file/"
HOME = "127.0.0.1"  # Where the test client says it is.


def random_header() -> str:
    return ".".join(str(secrets.randbelow(256)) for _ in range(4))


def spend(act: LimitedAct, address: str = HOME) -> None:
    while rate_limit_take(act, address):
        pass


def filing(number: str = "A-10042") -> dict[str, str]:
    return {"account_number": number, "transaction_id": "LIQ-77"}


def test_t37_a_thousand_forged_headers_reset_nothing(settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "claim_filing": (30, 20_000)}
    names = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP"]
    client = Client()
    answers = [
        client.post(
            FILE, filing(f"Z-{n}"), headers={name: random_header() for name in names}
        ).status_code
        for n in range(1000)
    ]
    assert (answers.count(302), answers.count(429)) == (30, 970)
    assert Claim.objects.count() == 30
    assert RateCount.objects.exclude(subject="").count() == 1


def test_t37_behind_a_proxy_only_its_own_entry_counts(settings) -> None:
    settings.TRUSTED_PROXIES = 1
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "claim_filing": (3, 20_000)}
    client = Client(REMOTE_ADDR="10.0.0.1")

    def post(address: str) -> int:
        header = {"X-Forwarded-For": f"{random_header()}, {address}"}
        return client.post(FILE, filing(), headers=header).status_code

    assert [post("203.0.113.7") for _ in range(5)] == [302, 302, 302, 429, 429]
    assert post("203.0.113.8") == 302


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, "203.0.113.7", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        (2, "6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),
        (-1, "203.0.113.7", "10.0.0.1"),
    ],
)
def test_the_address_is_what_our_own_proxies_saw(
    settings, proxies: int, header: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": header} if header else {}
    request = RequestFactory(REMOTE_ADDR="10.0.0.1").get("/", headers=headers)
    assert client_address(request) == expected


def test_a_claim_over_the_limit_is_refused_openly_and_keeps_what_was_typed() -> None:
    spend(LimitedAct.CLAIM_FILING)
    answer = Client().post(FILE, filing())
    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert "was not filed" in page
    assert 'value="LIQ-77"' in page
    assert not Claim.objects.exists()


def test_the_refusal_is_the_same_whether_or_not_anything_would_match() -> None:
    makers.make_event(makers.make_customer())
    spend(LimitedAct.CLAIM_FILING)
    known, unknown = (Client().post(FILE, filing(n)) for n in ("A-10042", "Z-99999"))
    typed = re.compile(r'value="[AZ]-\d+"')
    pages = [typed.sub("*", str(seen(answer))) for answer in (known, unknown)]
    assert pages[0] == pages[1]


def test_a_code_asked_for_over_the_limit_gets_the_same_answer_and_no_mail() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    within = Client().post(ENTER, {"reference": claim.reference})
    spend(LimitedAct.CODE_REQUEST)
    codes, mails = ClaimCode.objects.count(), OutboxMessage.objects.count()
    for reference in (claim.reference, unknown_reference()):
        assert seen(Client().post(ENTER, {"reference": reference})) == seen(within)
    after = (ClaimCode.objects.count(), OutboxMessage.objects.count())
    assert after == (codes, mails)


def test_the_right_code_over_the_limit_is_answered_like_a_wrong_one() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client = Client()
    client.post(ENTER, {"reference": claim.reference})
    code = mailed_code(claim)

    def answer_to(typed: str) -> str:
        return str(seen(client.post(CODE, {"code": typed}))).replace(typed, "*")

    wrong = answer_to(f"{(int(code) + 1) % 10**8:08d}")
    spend(LimitedAct.CODE_ENTRY)
    assert answer_to(code) == wrong
    RateCount.objects.all().delete()
    assert client.post(CODE, {"code": code}).headers["Location"] == "/claims/status/"


def test_a_spent_budget_of_all_stops_mails_to_everybody(settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "code_request": (30, 2)}
    customer = makers.make_customer()
    claim = makers.make_claim(makers.make_event(customer))
    outbox_deliver(None, timezone.now())
    mail.outbox.clear()
    for number in range(5):
        client = Client(REMOTE_ADDR=f"198.51.100.{number}")
        client.post(ENTER, {"reference": claim.reference})
    outbox_deliver(None, timezone.now())
    assert len(mail.outbox) == 2


def test_forms_that_are_not_readable_and_pages_that_are_read_cost_nothing() -> None:
    client = Client()
    for path in (FILE, ENTER, CODE, "/"):
        client.get(path)
    client.post(FILE, {})
    client.post(ENTER, {"reference": ""})
    assert not RateCount.objects.exists()
