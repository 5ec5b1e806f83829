"""The page of a case: the answer first, buttons by duty, words kept."""

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from recovery.models import CaseNote
from tests import factories
from tests.admin.doors import page_url, signed_in, take, text_of

pytestmark = pytest.mark.django_db


def buttons(page: str) -> set[str]:
    parts = page.split('name="act" value="')[1:]
    return {part.split('"', 1)[0] for part in parts}


WORKING = {"ask", "ask-third-party", "merge", "note", "tell", "assign"}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.SUPPORT, WORKING),
        (Role.ANALYST, WORKING | {"propose"}),
        (Role.MAKER, {"note"}),
        (Role.CHECKER, {"note"}),
        (Role.AUDITOR, set()),
    ],
)
def test_buttons_of_a_case_under_investigation_follow_the_duties(
    ada: User, role: Role, expected: set[str]
) -> None:
    case = factories.case_taken(ada)
    page = text_of(signed_in(factories.staff("eve", role)).get(page_url(case)))
    assert buttons(page) == expected


def test_the_answer_stands_above_the_lines(ada: User) -> None:
    page = text_of(signed_in(ada).get(page_url(factories.case_taken(ada))))
    answer = "Short 3.10 USDT = trading fee 2.90 + funding 0.20, rows 812, 813."
    assert page.index(answer) < page.index("line by line")
    assert "short 3.10 USDT" in page
    assert "row\N{NO-BREAK SPACE}812" in page


def test_the_picture_says_in_words_what_it_shows(ada: User) -> None:
    page = text_of(signed_in(ada).get(page_url(factories.case_taken(ada))))
    assert "<title" in page
    assert "Opening balance 100.00 USDT." in page
    assert "Trading fee \N{MINUS SIGN}1.00 USDT out." in page
    assert "recorded \N{MINUS SIGN}3.90 USDT, short 2.90 USDT" in page


def test_the_proposal_is_filled_in_from_the_assessment(ada: User) -> None:
    page = text_of(signed_in(ada).get(page_url(factories.case_taken(ada))))
    assert 'name="amount" value="3.1"' in page
    assert '<option value="owed" selected>' in page


def test_a_refusal_keeps_what_was_typed(ada: User) -> None:
    case = factories.case_taken(ada)
    answer = take(
        signed_in(ada),
        case,
        "propose",
        version=case.version,
        result=case.event.active_assessment.results.get().pk,
        kind="owed",
        amount="99",
        reason="Everything was taken.",
    )
    page = text_of(answer)
    assert answer.status_code == 409
    assert "99 USDT asked, at most 3.1 USDT is owed." in page
    assert "Everything was taken." in page


def test_a_page_that_is_older_than_the_case_is_refused(ada: User) -> None:
    case = factories.case_taken(ada)
    answer = take(
        signed_in(ada),
        case,
        "propose",
        version=1,
        result=case.event.active_assessment.results.get().pk,
        kind="owed",
        amount="3.1",
        reason="Fee.",
    )
    assert "changed since the page was opened" in text_of(answer)


def test_an_amount_is_read_by_the_one_door_for_money(ada: User) -> None:
    case = factories.case_taken(ada)
    for amount in ("1,5", "NaN", "\uff11", "1e99", "0x1"):
        answer = take(
            signed_in(ada),
            case,
            "propose",
            version=case.version,
            result=case.event.active_assessment.results.get().pk,
            kind="owed",
            amount=amount,
            reason="Fee.",
        )
        assert "is not an amount" in text_of(answer), amount


def test_what_staff_note_and_what_the_customer_reads_stand_apart(ada: User) -> None:
    case = factories.case_taken(ada)
    client = signed_in(ada)
    take(client, case, "note", text="<script>alert(1)</script> sounded upset")
    take(client, case, "ask", question="Which order was your last?")
    page = text_of(client.get(page_url(case)))
    assert "<script>alert" not in page
    assert page.index("Said to and by") < page.rindex("Which order was your last?")
    assert page.index("Internal:") < page.index("sounded upset")
    assert CaseNote.objects.filter(is_public=True).count() == 1


def test_an_answer_by_phone_takes_the_case_on(ada: User) -> None:
    case = factories.case_taken(ada)
    client = signed_in(ada)
    take(client, case, "ask", question="Which order was your last?")
    take(client, case, "answer", answer="Order 77.")
    case.refresh_from_db()
    assert case.status == "investigating"


def test_a_case_without_event_is_linked_by_the_platforms_id(ada: User) -> None:
    case = factories.case_without_event(ada)
    event = factories.event()
    client = signed_in(ada)
    assert "No event is linked yet" in text_of(client.get(page_url(case)))
    version = case.version
    missing = take(client, case, "link-event", version=version, event="liq-none")
    assert "There is no event" in text_of(missing)
    take(client, case, "link-event", version=version, event=event.source_reference)
    case.refresh_from_db()
    assert case.event == event


def test_handing_over_and_opening_again(ada: User, bea: User, lia: User) -> None:
    case = factories.decision_approved(ada, bea).case
    take(signed_in(ada), case, "assign", assignee=lia.pk)
    take(signed_in(lia), case, "reopen", reason="New rows came in.")
    case.refresh_from_db()
    assert (case.status, case.assignee) == ("investigating", lia)


def test_a_withdrawal_needs_credited_money(ada: User, bea: User, max_: User) -> None:
    decision = factories.decision_approved(ada, bea)
    page = text_of(signed_in(max_).get(page_url(decision.case)))
    assert "Propose a credit" in page
    assert "Propose a withdrawal" not in page


def test_staff_read_what_the_customer_reads(ada: User) -> None:
    case = factories.case_taken(ada)
    take(signed_in(ada), case, "note", text="sounded upset")
    page = text_of(
        signed_in(ada).get(
            reverse("admin:recovery_recoverycase_preview", args=[case.pk])
        )
    )
    assert "Preview for staff" in page
    assert "sounded upset" not in page


def test_an_event_is_recomputed_only_by_those_who_work_on_it(ada: User) -> None:
    event = factories.event()
    auditor = signed_in(factories.staff("otto", Role.AUDITOR))
    assert "Recompute" not in text_of(auditor.get(page_url(event)))
    assert take(auditor, event, "recompute").status_code == 409
