"""The status page: three answers first, figures only when two people decided."""

import re

import pytest
from django.db import OperationalError, connection
from django.test import Client

from recovery.models import RecoveryCase
from recovery.services.actors import staff_actor
from recovery.services.cases import case_ask_customer, case_close, case_reopen
from recovery.services.claims import Filing, claim_file
from recovery.services.payments import payment_hold
from tests.web import makers

pytestmark = pytest.mark.django_db


def read(client: Client) -> str:
    answer = client.get("/claims/status/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_no_figure_shows_before_the_approval(enter_claim) -> None:
    event = makers.make_event(makers.make_customer())
    result = makers.make_assessment(event)
    claim = makers.make_claim(event)
    decision = makers.propose(claim.case, result)

    before = read(enter_claim(claim))
    makers.approve(decision)
    after = read(enter_claim(claim))

    assert "Result being reviewed" in before
    for figure in ("3.1", "91.7", "88.6", "row 812", "clause 7.2", "takes"):
        assert figure not in before
    assert "We owe you 3.1 USDT." in after
    assert "clause 7.2" in after


def test_a_hold_does_not_show(enter_claim) -> None:
    claim = makers.decided()
    payment = makers.make_payment(claim.case.decisions.get())
    client = enter_claim(claim)
    approved = read(client)

    cleo = staff_actor(makers.make_staff("cleo", "compliance"))
    payment_hold(cleo, payment, reason="Suspicion", now=makers.NOW)

    payment.refresh_from_db()
    assert payment.status == "held"
    assert without_token(read(client)) == without_token(approved)


def without_token(page: str) -> str:
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page)


def test_names_of_staff_and_internal_notes_never_show(enter_claim) -> None:
    claim = makers.decided()

    page = read(enter_claim(claim))

    for name in ("ada", "bea", "Suspicion"):
        assert f">{name}" not in page


def test_an_owed_decision_shows_words_picture_and_table(enter_claim) -> None:
    page = read(enter_claim(makers.decided()))

    assert "5.8 USDT was booked, which is 2.9 USDT less for you." in page
    assert 'class="bar-minus"' in page
    assert "cannot be verified" not in page
    assert page.count("taken from the records") == 1


def test_a_fair_no_says_where_the_money_went(enter_claim) -> None:
    claim = makers.decided(makers.TAKEN_OVER, terms=makers.TAKEOVER_TERMS)

    page = read(enter_claim(claim))

    assert "Nothing is owed to you in USDT." in page
    assert "takes the position over at its bankruptcy price" in page
    assert "Payment, if money is owed" not in page


def test_a_deficit_asks_no_protected_customer_for_money(enter_claim) -> None:
    claim = makers.decided(
        makers.DEFICIT,
        deficit="403",
        terms={"deficit_to": ["insurance_fund", "customer"]},
    )

    page = read(enter_claim(claim))

    assert "The account ended 403 USDT below zero." in page
    assert "You owe nothing." in page


def test_a_question_is_answered_once(enter_claim) -> None:
    event = makers.make_event(makers.make_customer())
    claim = makers.make_claim(event)
    sue = staff_actor(makers.make_staff("sue", "support"))
    case_ask_customer(sue, claim.case, "Which bot placed <this>?", now=makers.NOW)
    client = enter_claim(claim)

    assert "Which bot placed &lt;this&gt;?" in read(client)
    assert client.post("/claims/answer/", {"answer": " "}).status_code == 400
    assert client.post("/claims/answer/", {"answer": "Mine"}).status_code == 302
    assert client.post("/claims/answer/", {"answer": "Mine"}).status_code == 409
    claim.case.refresh_from_db()
    assert claim.case.status == "investigating"
    assert "We are checking" in read(client)


def test_withdrawing_asks_once_more(enter_claim) -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client = enter_claim(claim)

    assert "Withdraw this claim?" in client.get("/claims/withdraw/").content.decode()
    claim.case.refresh_from_db()
    assert claim.case.status == "new"
    client.post("/claims/withdraw/")
    claim.case.refresh_from_db()
    assert claim.case.status == "withdrawn"
    assert "You withdrew this claim" in read(client)


def test_a_credit_seen_in_the_ledger_shows_with_its_day(enter_claim) -> None:
    claim = makers.decided()
    makers.make_posted(makers.make_payment(claim.case.decisions.get()))

    page = read(enter_claim(claim))

    assert "Payment credited" in page
    assert "3.1 USDT was owed to you and is credited." in page
    assert 'Credited on <time datetime="2026-11-22">22 November 2026</time>' in page


def test_a_closed_case_keeps_showing_why(enter_claim) -> None:
    claim = makers.decided(makers.TAKEN_OVER, terms=makers.TAKEOVER_TERMS)
    sue = staff_actor(makers.make_staff("sue", "support"))
    case_close(sue, claim.case, reason="Told.", now=makers.NOW)

    page = read(enter_claim(claim))

    assert "Closed" in page
    assert "bankruptcy price" in page


def test_a_case_opened_again_hides_its_figures_and_says_so(enter_claim) -> None:
    claim = makers.decided()
    lia = staff_actor(makers.make_staff("lia", "lead"))
    case_reopen(lia, claim.case, reason="late rows", now=makers.NOW)

    page = read(enter_claim(claim))

    assert "was opened again on" in page
    assert "late rows" not in page
    assert "3.1 USDT" not in page


def test_a_broken_promise_is_admitted(enter_claim) -> None:
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    RecoveryCase.objects.update(next_update_due_at=makers.HAPPENED)

    assert "we are late" in read(enter_claim(claim))


def test_a_claim_whose_event_is_not_found_yet_is_received(enter_claim) -> None:
    event = makers.make_event(makers.make_customer())
    claim = claim_file(
        Filing(event.account.number, transaction_id="LIQ-0", message="Help <me>"),
        now=makers.NOW,
    )

    page = read(enter_claim(claim))

    assert "We are finding the event in the records." in page
    assert "Help &lt;me&gt;" in page


def test_the_status_page_asks_the_database_little(
    enter_claim, django_assert_max_num_queries
) -> None:
    claim = makers.decided()
    makers.make_payment(claim.case.decisions.get())
    client = enter_claim(claim)

    with django_assert_max_num_queries(7):
        read(client)


def test_health_and_readiness_answer(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"
    assert client.get("/readyz").content == b"ok\n"


def test_readiness_says_when_the_database_is_away(client: Client) -> None:
    def away(*_: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(away):
        answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"database\n")
