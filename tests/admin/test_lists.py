"""Lists: order, search, bounded work, acts on many rows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from recovery.models import Claim, Event, LedgerEntry, RecoveryCase
from tests import factories
from tests.admin.doors import (
    list_url,
    page_url,
    registered_models,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db
_QUEUE = "/desk/recovery/recoverycase/"


def shown(client, **query: str) -> list[str]:
    answer = client.get(_QUEUE, query)
    return [case.reference for case in answer.context_data["cl"].result_list]


def test_the_queue_begins_with_what_is_due_next(ada: User) -> None:
    now = timezone.now()
    cases = [factories.case_new(ada) for _ in range(3)]
    for case, days in zip(cases, (9, 1, 4), strict=True):
        due = now + timedelta(days=days)
        RecoveryCase.objects.filter(pk=case.pk).update(next_update_due_at=due)
    in_order = [cases[1].reference, cases[2].reference, cases[0].reference]
    assert shown(signed_in(ada)) == in_order


def test_a_row_of_the_queue_says_what_is_short_and_hides_the_mail(ada: User) -> None:
    case = factories.case_new(ada)
    page = text_of(signed_in(ada).get(_QUEUE))
    assert "3.10 USDT" in page
    assert "Short" in page
    assert "overdue" in page
    assert str(case.customer) in page
    assert case.customer.full_name not in page
    assert case.customer.email not in page


def test_a_case_is_found_by_every_reference_people_hold(
    ada: User, bea: User, max_: User
) -> None:
    payment = factories.credit_waiting(factories.decision_approved(ada, bea), max_)
    case = payment.case
    factories.case_new(ada)
    claim = Claim.objects.create(
        reference="CL-ABCD-EFGH-JKMN-PQRS",
        account_number="x",
        case=case,
        filed_at=factories.NOW,
    )
    event = case.event
    client = signed_in(ada)
    for term in (
        case.reference,
        case.reference.lower(),
        case.customer.uid,
        event.account.number,
        event.reference,
        event.source_reference,
        claim.reference,
        payment.reference,
    ):
        assert shown(client, q=term) == [case.reference], term
    assert shown(client, q="nothing-like-it") == []


def test_filters_of_the_queue(ada: User, lia: User) -> None:
    mine = factories.case_taken(ada)
    nobodys = factories.case_new(ada)
    client = signed_in(ada)
    assert shown(client, assignee="me") == [mine.reference]
    assert shown(client, assignee="none") == [nobodys.reference]
    assert shown(client, status="new") == [nobodys.reference]
    assert len(shown(client, status="all")) == 2
    assert len(shown(client, reason="FEE_VARIANCE")) == 2
    assert shown(client, reason="ROUNDING") == []
    assert len(shown(client, event__account__venue="house")) == 2


def test_the_search_of_the_header_finds_events_and_customers(ada: User) -> None:
    event = factories.event()
    client = signed_in(ada)
    for term in (event.reference, event.account.customer.uid):
        page = text_of(client.get("/desk/search/", {"s": term, "extended": "1"}))
        assert term in page


def test_taking_many_cases_says_how_each_went(ada: User) -> None:
    new, taken = factories.case_new(ada), factories.case_taken(ada)
    answer = signed_in(ada).post(
        _QUEUE,
        {"action": "take_cases", "_selected_action": [new.pk, taken.pk], "index": 0},
        follow=True,
    )
    page = text_of(answer)
    assert f"{new.reference}: yours now." in page
    assert f"{taken.reference}: refused." in page
    new.refresh_from_db()
    assert (new.status, new.assignee) == ("investigating", ada)


def test_no_list_counts_a_whole_table(rows, lia: User) -> None:
    client = signed_in(factories.staff("ola", "auditor"))
    for model in registered_models():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(list_url(model)).status_code == 200
        table = f'FROM "{model._meta.db_table}"'
        counts = [
            one["sql"]
            for one in queries
            if one["sql"].startswith("SELECT COUNT")
            and "LIMIT" not in one["sql"]
            and table in one["sql"]
        ]
        assert counts == [], model
        assert len(queries) <= 25, model


@pytest.mark.parametrize("model", [RecoveryCase, Event, LedgerEntry])
def test_more_rows_cost_no_more_queries(ada: User, model) -> None:
    client = signed_in(ada)
    factories.case_new(ada)
    client.get(list_url(model))
    with CaptureQueriesContext(connection) as few:
        client.get(list_url(model))
    for _ in range(4):
        factories.case_new(ada)
    with CaptureQueriesContext(connection) as many:
        client.get(list_url(model))
    assert len(many) <= len(few)


@pytest.mark.parametrize("role", sorted(Role))
def test_the_page_of_a_case_is_bounded_work(
    role: Role, ada: User, bea: User, max_: User
) -> None:
    client = signed_in(factories.staff("one", role))
    owed = factories.decision_approved(ada, bea)
    waiting = factories.credit_waiting(factories.decision_approved(ada, bea), max_)
    approved = factories.decision_approved(ada, bea)
    factories.credit_approved(approved, max_, bea)
    cases = [
        factories.case_new(ada),
        factories.case_taken(ada),
        factories.decision_waiting(ada).case,
        owed.case,
        waiting.case,
        approved.case,
        factories.deficit_decided(ada, bea).case,
    ]
    client.get(page_url(cases[0]))
    for case in cases:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_url(case)).status_code == 200
        assert len(queries) <= 25, [one["sql"][:120] for one in queries]
