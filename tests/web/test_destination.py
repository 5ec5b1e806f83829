"""A customer's own page to say where money goes: refusals first, nothing moves by it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import (
    ContactChange,
    ContactChangeStatus,
    Destination,
    DestinationStatus,
)
from recovery.models import (
    Claim,
    DestinationChoice,
    OutboxMessage,
    Payment,
    StaffNotice,
)
from recovery.web.destination_forms import DestinationForm
from tests import factories
from tests.web import makers

pytestmark = pytest.mark.django_db
PAGE = "/claims/destination/"
CHOOSE = f"{PAGE}choose/"
TRON = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"
ETHEREUM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
RIGHT = {"place": "USDT/TRON", "address": TRON}
Enter = Callable[[Claim], Client]


def send(client: Client, **changed: str) -> object:
    return client.post(PAGE, {**RIGHT, "step": "send", **changed})


def on_file(claim: Claim, **stated: object) -> Destination:
    assert claim.customer
    return factories.destination(claim.customer, **stated)


def test_without_a_session_the_page_leads_to_the_entrance(client: Client) -> None:
    for answer in (
        client.get(PAGE),
        client.post(PAGE, RIGHT),
        client.post(CHOOSE, {"destination": "1"}),
    ):
        assert answer.headers["Location"] == "/claims/enter/"
    assert not Destination.objects.exists()


def test_before_a_decision_and_after_a_no_nothing_is_offered(
    enter_claim: Enter,
) -> None:
    claim = makers.decided(makers.TAKEN_OVER, terms=makers.TAKEOVER_TERMS)
    client = enter_claim(claim)

    assert client.get(PAGE).headers["Location"] == "/claims/status/"
    assert send(client).headers["Location"] == "/claims/status/"
    assert PAGE not in client.get("/claims/status/").content.decode()
    assert not Destination.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"address": ""}, "Enter the address."),
        ({"place": ""}, "Choose a network."),
        ({"place": "USDT/BITCOIN"}, "Choose one of the networks"),
        ({"place": "BTC/BITCOIN"}, "Choose one of the networks"),
        ({"address": TRON[:-1] + "9"}, "check"),
        ({"address": ETHEREUM}, "not written as an address of this network"),
        ({"place": "USDT/ETHEREUM", "address": ETHEREUM.replace("aA", "Aa")}, "check"),
        ({"memo": "77"}, "knows no memo"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_in_words(
    changed: dict[str, str], said: str, enter_claim: Enter
) -> None:
    client = enter_claim(makers.decided())
    for step in ("look", "send"):
        answer = client.post(PAGE, {**RIGHT, "step": step, **changed})
        assert answer.status_code == 400
        assert said in answer.content.decode()
    assert not Destination.objects.exists()


def test_looking_at_it_once_more_writes_nothing(enter_claim: Enter) -> None:
    client = enter_claim(makers.decided())

    page = client.post(PAGE, RIGHT).content.decode()

    assert "<span>TJRa</span>" in page
    assert "The check figure inside this address is right" in page
    assert not Destination.objects.exists()


def test_an_address_without_a_check_figure_says_so(enter_claim: Enter) -> None:
    client = enter_claim(makers.decided())
    page = client.post(
        PAGE, {"place": "USDT/ETHEREUM", "address": ETHEREUM.lower()}
    ).content.decode()
    assert "carries no check figure" in page


def test_a_proposal_is_told_to_the_customer_and_to_staff_and_moves_nothing(
    enter_claim: Enter,
) -> None:
    claim = makers.decided()
    client = enter_claim(claim)

    assert send(client).headers["Location"] == PAGE

    made = Destination.objects.get()
    assert (made.status, made.proposed_by, made.customer) == (
        DestinationStatus.PROPOSED,
        None,
        claim.customer,
    )
    page = client.get(PAGE).content.decode()
    assert "we check it with you by another way" in page
    assert "at the earliest" in page
    assert TRON not in page
    assert OutboxMessage.objects.filter(event="destination.proposed").count() == 1
    assert StaffNotice.objects.get(news="destination.proposed").subject_id == (
        claim.case_id
    )
    assert not Payment.objects.exists()


def test_a_mail_that_was_replaced_lately_hears_of_it_too(enter_claim: Enter) -> None:
    claim = makers.decided()
    assert claim.customer
    for number, days in enumerate((10, 100)):
        change = ContactChange.objects.create(
            customer=claim.customer,
            old_mail=f"before-{number}@example.org",
            new_mail=claim.customer.email,
            how="Called back.",
            proposed_by=factories.staff(f"one-{number}"),
            proposed_at=timezone.now(),
        )
        ContactChange.objects.filter(pk=change.pk).update(
            status=ContactChangeStatus.APPROVED,
            decided_by=factories.staff(f"two-{number}"),
            decided_at=timezone.now() - timedelta(days=days),
        )

    send(enter_claim(claim))

    told = OutboxMessage.objects.filter(event="destination.proposed")
    assert {one.recipient for one in told} == {
        claim.customer.email,
        "before-0@example.org",
    }


def test_no_more_proposals_than_a_day_allows(
    enter_claim: Enter, settings: Settings
) -> None:
    settings.DESTINATIONS_PER_DAY = 1
    client = enter_claim(makers.decided())
    send(client)
    answer = send(client, place="USDT/ETHEREUM", address=ETHEREUM)
    assert answer.status_code == 409
    assert "come back tomorrow" in answer.content.decode()
    assert Destination.objects.count() == 1


def test_an_address_of_the_internet_that_asks_too_often_is_refused(
    enter_claim: Enter, settings: Settings
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "destination_proposal": (0, 100)}
    answer = send(enter_claim(makers.decided()))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert TRON in answer.content.decode()
    assert not Destination.objects.exists()


def test_the_same_destination_is_not_proposed_twice(enter_claim: Enter) -> None:
    client = enter_claim(makers.decided())
    send(client)
    answer = send(client)
    assert answer.status_code == 409
    assert Destination.objects.count() == 1


@pytest.mark.parametrize("number", ["", "x", "٣", "9" * 30, "0"])
def test_a_choice_of_nothing_chooses_nothing(number: str, enter_claim: Enter) -> None:
    client = enter_claim(makers.decided())
    answer = client.post(CHOOSE, {"destination": number})
    assert answer.status_code in (302, 409)
    assert not DestinationChoice.objects.exists()


def test_another_customers_destination_and_one_not_approved_cannot_be_chosen(
    enter_claim: Enter,
) -> None:
    claim = makers.decided()
    client = enter_claim(claim)
    theirs = factories.destination(makers.make_customer("U-2"))
    send(client)
    own = Destination.objects.get(customer=claim.customer)
    for one in (theirs, own):
        answer = client.post(CHOOSE, {"destination": one.pk})
        assert answer.status_code == 409
        with pytest.raises(IntegrityError), transaction.atomic():
            DestinationChoice.objects.create(
                case=claim.case, claim=claim, destination=one
            )
    assert not DestinationChoice.objects.exists()


def test_a_choice_is_written_once_and_told_once(enter_claim: Enter) -> None:
    claim = makers.decided()
    one = on_file(claim)
    client = enter_claim(claim)

    for _ in range(2):
        answer = client.post(CHOOSE, {"destination": one.pk})
        assert answer.headers["Location"] == PAGE

    choice = DestinationChoice.objects.get()
    assert (choice.case, choice.destination) == (claim.case, one)
    assert OutboxMessage.objects.filter(event="destination.chosen").count() == 1
    assert StaffNotice.objects.filter(news="withdrawal.requested").count() == 1
    assert "your choice" in client.get(PAGE).content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        DestinationChoice.objects.filter(pk=choice.pk).update(case=claim.case)


def test_getting_the_pages_changes_nothing(enter_claim: Enter) -> None:
    claim = makers.decided()
    one = on_file(claim)
    client = enter_claim(claim)
    assert client.get(f"{PAGE}?step=send&place=USDT/TRON&address={TRON}").status_code
    assert client.get(f"{CHOOSE}?destination={one.pk}").status_code == 405
    assert Destination.objects.count() == 1
    assert not DestinationChoice.objects.exists()


def test_money_of_states_goes_to_an_iban_and_a_tag_is_asked_where_there_is_one() -> (
    None
):
    bank = DestinationForm(
        {"place": "EUR/BANK", "address": "DE89 3704 0044 0532 0130 00"}, assets=["EUR"]
    )
    assert bank.is_valid()
    assert bank.checked.address == "DE89370400440532013000"
    assert bank.fields["address"].label == "IBAN of your own bank account"
    assert "memo" not in bank.fields
    assert DestinationForm(assets=["XRP"]).fields["memo"].label == "Tag"
    wrong = DestinationForm(
        {"place": "EUR/BANK", "address": "DE89 3704 0044 0532 0130 01"}, assets=["EUR"]
    )
    assert list(wrong.errors) == ["address"]
