"""Error pages: each face has its own, and each bears a reference to quote."""

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import path

from accounts.models import User
from config import urls
from recovery.services.request_ids import request_id_set
from recovery.web import errors
from tests.people import signed_in

pytestmark = pytest.mark.django_db
urlpatterns = [
    path("desk/broken", lambda _request: 1 / 0),
    path("broken", lambda _request: 1 / 0),
    path("unreadable", lambda _request: refuse()),
    *urls.urlpatterns,
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500


def refuse() -> None:
    raise BadRequest


@pytest.fixture
def client(settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/broken", 500, "Something broke on our side"),
        ("/desk/broken", 500, "Something broke on our side"),
        ("/unreadable", 400, "This could not be read"),
        ("/nowhere", 404, "This page is not here"),
        ("/claims/nowhere", 404, "This page is not here"),
        ("/account/nowhere/", 404, "This page is not here"),
    ],
)
def test_an_error_page_bears_the_reference_of_its_answer(
    address: str, status: int, words: str, client: Client
) -> None:
    answer = client.get(address)
    page = answer.content.decode()
    assert (answer.status_code, words in page) == (status, True)
    assert answer["X-Request-ID"] in page
    is_staff = address.startswith(("/desk", "/account"))
    assert ("File a claim" in page) is not is_staff
    assert ("To the desk" in page) is is_staff


@pytest.mark.parametrize("address", ["/claims/enter/", "/account/login/"])
def test_a_form_without_its_token_says_send_it_again(
    address: str, client: Client
) -> None:
    answer = client.post(address, {})
    assert answer.status_code == 403
    assert "Please send the form again" in answer.content.decode()
    assert answer["X-Request-ID"] in answer.content.decode()


def test_a_page_for_others_says_so(ada: User) -> None:
    answer = signed_in(ada).get("/desk/recovery/auditentry/")
    assert answer.status_code == 403
    assert "needs a duty that you do not hold" in answer.content.decode()


def test_an_error_page_asks_the_database_nothing(
    rf: RequestFactory, django_assert_num_queries
) -> None:
    request: HttpRequest = rf.get("/desk/")
    with django_assert_num_queries(0), request_id_set("RQ-7K3M-9Q2X"):
        page = errors.server_error(request).content.decode()
    assert "RQ-7K3M-9Q2X" in page


def test_where_even_the_error_page_breaks_a_plain_one_stands(
    rf: RequestFactory, settings
) -> None:
    settings.ROOT_URLCONF = "tests.web.no_addresses"
    with request_id_set("RQ-7K3M-9Q2X"):
        answer = errors.server_error(rf.get("/desk/"))
    assert answer.status_code == 500
    assert "RQ-7K3M-9Q2X" in answer.content.decode()
