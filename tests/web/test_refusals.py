"""What strangers may not do or learn (TRUST §2.4 T30 to T39, §4.4)."""

import re
import secrets
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recovery.domain.references import grouped_reference
from recovery.models import Claim, ClaimCode, OutboxMessage, RecoveryCase
from recovery.services.claims import (
    CODES_PER_CUSTOMER_AND_HOUR,
    CODES_PER_HOUR,
    Filing,
    claim_file,
)
from recovery.services.outbox import outbox_deliver
from recovery.tasks import run_all_due
from tests.web import makers
from tests.web.conftest import mailed_code

pytestmark = pytest.mark.django_db
PUBLIC = ["/", "/claims/file/", "/claims/filed/", "/claims/enter/", "/claims/code/"]
OWN = ["/claims/status/", "/claims/withdraw/"]
ENTER = "/claims/enter/"
CODE = "/claims/code/"


def unknown_reference() -> str:
    return grouped_reference("CL", secrets.token_bytes(10))


def seen(answer) -> tuple[object, ...]:
    """Everything an observer of one answer sees, secrets and clocks blotted out."""
    body = re.sub(
        r'CL(-\w{4}){4}|csrfmiddlewaretoken" value="\w+"', "*", answer.content.decode()
    )
    cookies = {
        name: (len(morsel.value), morsel["max-age"], morsel["samesite"])
        for name, morsel in answer.cookies.items()
    }
    # Every answer has a reference of its own, whatever it says.
    own = {"Set-Cookie", "X-Request-ID"}
    headers = {k: v for k, v in answer.headers.items() if k not in own}
    return answer.status_code, headers, len(answer.content), body, cookies


def ask_and_guess(reference: str) -> list[tuple[object, ...]]:
    """Walk through code request and a wrong code, as one browser."""
    client = Client()
    answers = []
    for path, data in [
        (ENTER, {"reference": reference}),
        (CODE, None),
        (CODE, {"code": "00000000"}),
        (CODE, {"code": "nonsense"}),
    ]:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path) if data is None else client.post(path, data)
        kinds = [query["sql"].split(" ", 1)[0] for query in queries]
        answers.append((*seen(answer), kinds.count("SELECT"), len(kinds)))
    return answers


def test_t30_one_customer_never_reaches_another_customers_case(enter_claim) -> None:
    own = makers.make_claim(makers.make_event(makers.make_customer()))
    other = makers.make_claim(
        makers.make_event(makers.make_customer("U-2"), "B-1", source_reference="LIQ-2")
    )
    client = enter_claim(own)

    for suffix in ["", f"?claim={other.reference}", f"?case={other.case.reference}"]:
        page = client.get(f"/claims/status/{suffix}").content.decode()
        assert other.reference not in page
        assert other.case.reference not in page
    for path in [f"/claims/{other.reference}/", f"/claims/status/{other.pk}/"]:
        assert client.get(path).status_code == 404


def test_t31_random_references_open_nothing() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    sent = OutboxMessage.objects.count()

    for _ in range(50):
        Client().post(ENTER, {"reference": unknown_reference()})

    assert len(claim.reference.replace("-", "")) == 18
    assert ClaimCode.objects.count() == 0
    assert OutboxMessage.objects.count() == sent


def test_t32_unknown_and_known_references_get_the_same_answers() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))

    known = ask_and_guess(claim.reference)
    unknown = ask_and_guess(unknown_reference())

    assert known == unknown
    assert ClaimCode.objects.count() == 1


def test_t32_a_reference_whose_budget_is_spent_answers_the_same() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    fresh = ask_and_guess(unknown_reference())
    for _ in range(CODES_PER_HOUR):
        Client().post(ENTER, {"reference": claim.reference})

    assert ask_and_guess(claim.reference) == fresh


@pytest.mark.parametrize(
    "reference", ["' OR 1=1 --", "🙂🙂", "cl abcd", "CL-" + "0" * 37, "L1O0"]
)
def test_t32_malformed_references_look_like_unknown_ones(reference: str) -> None:
    answer = Client().post(ENTER, {"reference": reference})

    assert (answer.status_code, answer.headers["Location"]) == (302, CODE)


@pytest.mark.parametrize("reference", ["", "x" * 10_000, "CL\0AAAA"])
def test_t32_unreadable_references_are_form_errors(reference: str) -> None:
    assert Client().post(ENTER, {"reference": reference}).status_code == 400


def test_t32_filing_looks_the_same_whether_or_not_anything_matched() -> None:
    event = makers.make_event(makers.make_customer())
    answers = []
    for number, transaction in [("A-10042", "LIQ-77"), ("Z-99999", "LIQ-99")]:
        client = Client()
        answer = client.post(
            "/claims/file/", {"account_number": number, "transaction_id": transaction}
        )
        answers.append([seen(answer), seen(client.get("/claims/filed/"))])

    assert answers[0] == answers[1]
    assert run_all_due() == 2
    matched, stranger = Claim.objects.order_by("id")
    assert matched.case.event == event
    assert (stranger.case, stranger.customer) == (None, None)
    assert RecoveryCase.objects.count() == 1
    assert OutboxMessage.objects.get().recipient == "u-1@example.org"


def test_t33_the_code_works_in_the_asking_browser_only() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    owner, thief = Client(), Client()
    thief.post(ENTER, {"reference": claim.reference})
    owner.post(ENTER, {"reference": claim.reference})
    code = mailed_code(claim)

    assert thief.post(CODE, {"code": code}).status_code == 400
    assert owner.post(CODE, {"code": code}).status_code == 302


def test_t33_the_right_code_is_dead_after_five_wrong_ones() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client = Client()
    client.post(ENTER, {"reference": claim.reference})
    code = mailed_code(claim)
    wrong = "00000000" if code != "00000000" else "00000001"

    for _ in range(5):
        client.post(CODE, {"code": wrong})

    assert client.post(CODE, {"code": code}).status_code == 400
    assert ClaimCode.objects.get().tries == 5


def test_t33_the_code_stands_nowhere_in_clear() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    Client().post(ENTER, {"reference": claim.reference})

    code = mailed_code(claim)

    stored = ClaimCode.objects.get()
    assert code not in stored.code_hash
    assert "$" in stored.code_hash
    assert not OutboxMessage.objects.filter(body__contains=code).exists()


def test_t33_a_code_of_one_claim_opens_no_other() -> None:
    customer = makers.make_customer()
    first = makers.make_claim(makers.make_event(customer))
    second = makers.make_claim(
        makers.make_event(
            customer,
            source_reference="LIQ-2",
            happened_at=makers.HAPPENED - timedelta(days=1),
        )
    )
    one, two = Client(), Client()
    one.post(ENTER, {"reference": first.reference})
    code = mailed_code(first)
    two.post(ENTER, {"reference": second.reference})

    assert two.post(CODE, {"code": code}).status_code == 400
    assert ClaimCode.objects.get(claim=second).tries == 1


def test_t34_a_used_code_opens_nothing_again() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client = Client()
    client.post(ENTER, {"reference": claim.reference})
    cookies = client.cookies.output()
    code = mailed_code(claim)
    again = Client()
    again.cookies.load(cookies.replace("Set-Cookie: ", ""))

    assert client.post(CODE, {"code": code}).status_code == 302
    assert again.post(CODE, {"code": code}).status_code in {302, 400}
    assert "claim" not in again.cookies


def test_t34_a_new_code_kills_the_old_one() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client = Client()
    client.post(ENTER, {"reference": claim.reference})
    old = mailed_code(claim)
    client.post(ENTER, {"reference": claim.reference})
    new = mailed_code(claim)

    assert old == new or client.post(CODE, {"code": old}).status_code == 400
    assert client.post(CODE, {"code": new}).status_code == 302


def test_t34_a_code_is_dead_after_ten_minutes() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client = Client()
    client.post(ENTER, {"reference": claim.reference})
    ClaimCode.objects.update(expires_at=timezone.now())

    assert client.post(CODE, {"code": mailed_code(claim)}).status_code == 400


def test_t35_getting_every_page_ten_times_spends_nothing() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client = Client()
    client.post(ENTER, {"reference": claim.reference})
    code = mailed_code(claim)
    for one in mail.outbox:
        assert not re.search(r"https?://[^\s/]+/\S", one.body)

    for path in [*PUBLIC, *OWN, "/claims/answer/", "/claims/leave/"] * 10:
        client.get(path)
        client.head(path)

    assert client.post(CODE, {"code": code}).status_code == 302


def test_t36_two_hundred_requests_make_no_mail_bomb() -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    outbox_deliver(None, timezone.now())
    mail.outbox.clear()

    for _ in range(200):
        Client().post(ENTER, {"reference": claim.reference})
    outbox_deliver(None, timezone.now())

    assert len(mail.outbox) == CODES_PER_HOUR


def test_t36_many_claims_on_one_account_share_one_budget() -> None:
    event = makers.make_event(makers.make_customer())
    claims = [makers.make_claim(event) for _ in range(8)]
    outbox_deliver(None, timezone.now())
    mail.outbox.clear()

    for claim in claims * 3:
        Client().post(ENTER, {"reference": claim.reference})
    outbox_deliver(None, timezone.now())

    assert len(mail.outbox) == CODES_PER_CUSTOMER_AND_HOUR


def test_t36_filing_again_and_again_makes_no_mail_bomb() -> None:
    event = makers.make_event(makers.make_customer())

    for _ in range(30):
        makers.make_claim(event)

    assert RecoveryCase.objects.count() == 1
    assert OutboxMessage.objects.count() == 5


def test_t38_every_answer_carries_the_headers(enter_claim) -> None:
    claim = makers.decided()
    client = enter_claim(claim)

    for path in [*PUBLIC, *OWN, "/claims/leave/", "/claims/nothing/"]:
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["Referrer-Policy"] == "no-referrer", path
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'"), path
        assert "script" not in policy
        assert claim.reference not in answer.headers.get("Location", "")
        assert "<script" not in answer.content.decode()
        assert " style=" not in answer.content.decode()


def test_t38_a_form_from_another_site_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(ENTER)
    token = client.cookies["csrftoken"].value
    form = {"reference": unknown_reference(), "csrfmiddlewaretoken": token}

    def post(origin: str, site: str, **changes: str) -> int:
        headers = {"Origin": origin, "Sec-Fetch-Site": site}
        return client.post(ENTER, {**form, **changes}, headers=headers).status_code

    assert post("https://evil.example", "cross-site") == 403
    assert post("null", "cross-site") == 403
    assert post("null", "same-origin", csrfmiddlewaretoken="x" * 64) == 403
    assert post("null", "same-origin") == 302


def test_t39_a_claim_session_opens_no_desk_page(enter_claim) -> None:
    client = enter_claim(makers.make_claim(makers.make_event(makers.make_customer())))

    answer = client.get("/desk/")

    assert answer.status_code == 302
    assert "/desk/login/" in answer.headers["Location"]


def test_t39_the_key_of_the_browser_is_not_the_session(enter_claim) -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client = Client()
    client.post(ENTER, {"reference": claim.reference})
    asked = client.cookies["claim-browser"].value
    enter_claim(claim)

    thief = Client()
    thief.cookies["claim"] = asked

    assert thief.get("/claims/status/").headers["Location"] == ENTER


def test_t39_a_session_ends_after_fifteen_minutes_and_on_leaving(enter_claim) -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client = enter_claim(claim)
    kept = client.cookies["claim"].value
    client.post("/claims/leave/")
    client.cookies["claim"] = kept

    assert client.get("/claims/status/").status_code == 302

    client = enter_claim(claim)
    ClaimCode.objects.filter(used_at__isnull=False).update(
        used_at=timezone.now() - timedelta(minutes=15, seconds=1)
    )
    assert client.get("/claims/status/").status_code == 302


def test_a_forged_cookie_opens_nothing() -> None:
    for value in ["1.abc", "", ".", "1", "²." + "x" * 9, "9" * 40 + ".x", "-1.x"]:
        client = Client()
        client.cookies["claim"] = value
        assert client.get("/claims/status/").status_code == 302


def test_an_account_known_without_its_event_opens_one_case(db: None) -> None:
    event = makers.make_event(makers.make_customer())
    for transaction in ["LIQ-unknown", "LIQ-other"]:
        claim_file(
            Filing(event.account.number, transaction_id=transaction), now=makers.NOW
        )

    case = RecoveryCase.objects.get()
    assert (case.event, case.customer) == (None, event.account.customer)


def test_instrument_and_time_find_the_nearest_event() -> None:
    customer = makers.make_customer()
    near = makers.make_event(customer)
    makers.make_event(
        customer,
        source_reference="LIQ-2",
        happened_at=makers.HAPPENED + timedelta(minutes=12),
    )

    def found(minutes: int, instrument: str = "btcusdt") -> object:
        at = makers.HAPPENED + timedelta(minutes=minutes)
        filing = Filing("A-10042", instrument=instrument, happened_at=at)
        return claim_file(filing, now=makers.NOW).case.event

    assert found(4) == near
    assert found(-14) == near
    assert found(-16) is None
    assert found(0, "ETHUSDT") is None
