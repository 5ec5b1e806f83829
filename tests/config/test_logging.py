"""Log lines hold what is known to be harmless, and no person (TRUST T54)."""

import base64
import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Customer
from config import urls
from config.engines.addresses import redis_client_url
from config.log_lines import WITHHELD, LineFormatter
from recovery.models import AuditEntry, AuditValue, Job, JobKind, OutboxMessage
from recovery.services.outbox import outbox_deliver
from recovery.services.request_ids import request_id_set
from recovery.tasks import ring_due, run
from tests.story import bring_in_customers
from tests.web import makers
from tests.web.conftest import mailed_code

CANARIES = ("Canary Bird", "canary@aviary.example", "TCANARY9address", "87654321")
NAME, MAIL, ADDRESS, _ = CANARIES


def break_with_a_person(_request: HttpRequest) -> HttpResponse:
    raise ValueError(f"{NAME} lives at {ADDRESS}, {MAIL}")


def break_in_the_database(_request: HttpRequest) -> HttpResponse:
    Customer.objects.create(uid="U-1", full_name=NAME, email=MAIL)
    return HttpResponse()


handler500 = urls.handler500
urlpatterns = [
    *urls.urlpatterns,
    path("desk-broken/<str:word>/", lambda request, word: break_with_a_person(request)),
    path("broken-row/", break_in_the_database),
]


class PersonalBackend(EmailBackend):
    """A mail server that quotes the recipient, as real ones do."""

    def send_messages(self, messages):
        raise TimeoutError(f"550 {messages[0].to[0]} is not known here")


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """Everything any logger says, as the console would show it."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(before)
    root.removeHandler(handler)


def line_of(template: object, *arguments: object, **extra: object) -> dict:
    record = logging.makeLogRecord(
        {"msg": template, "args": arguments, "name": "n", "levelname": "INFO", **extra}
    )
    return json.loads(LineFormatter().format(record))


def test_no_argument_gets_out_that_is_not_known() -> None:
    line = line_of("%s paid %d to %s", NAME, 3, ADDRESS)
    assert line["message"] == f"{WITHHELD} paid 3 to {WITHHELD}"


@pytest.mark.parametrize(
    "known",
    ["RC-1A2B3C4D5E", "RQ-7K3M-9Q2X", "recovery.sweep", "SIGTERM", 7, 1.5, None],
)
def test_references_and_numbers_get_out(known: object) -> None:
    assert line_of("about %s", known)["message"] == f"about {known}"


def test_a_name_in_capitals_is_no_reference() -> None:
    assert line_of("%s", "CA-NARY BIRD")["message"] == WITHHELD


def test_values_of_a_mapping_are_withheld_too() -> None:
    record = logging.makeLogRecord({"msg": "Task %(name)s: %(args)s"})
    record.args = {"name": "recovery.run_job", "args": f"('{MAIL}',)"}
    message = json.loads(LineFormatter().format(record))["message"]
    assert message == f"Task recovery.run_job: {WITHHELD}"


@pytest.mark.parametrize("logger", ["celery.redirected", "py.warnings"])
def test_finished_texts_of_strangers_are_withheld(logger: str) -> None:
    assert line_of(f"{NAME} printed", name=logger)["message"] == WITHHELD


def test_an_object_as_message_is_withheld() -> None:
    assert line_of(ValueError(NAME))["message"] == WITHHELD


def test_an_argument_of_the_wrong_kind_leaves_the_template() -> None:
    assert line_of("%d rows", NAME)["message"] == "%d rows"


def test_unknown_keys_stay_out() -> None:
    line = line_of("m", mail=MAIL, status=200, route=NAME, request=object())
    assert (line["status"], "mail" in line, "route" in line) == (200, False, False)
    assert "request" not in line


def test_an_exception_is_type_code_and_places() -> None:
    try:
        break_with_a_person(HttpRequest())
    except ValueError as error:
        error.__cause__ = KeyError(MAIL)
        line = line_of("failed", exc_info=sys.exc_info())
    assert line["error"] == {
        "type": "builtins.ValueError",
        "cause": {"type": "builtins.KeyError"},
    }
    assert line["trace"][-1].startswith("tests/config/test_logging.py:")
    assert "Canary" not in json.dumps(line)


@pytest.mark.django_db
def test_an_error_of_the_database_names_its_constraint() -> None:
    makers.make_customer("U-1")
    try:
        with pytest.raises(IntegrityError) as caught, connection.cursor():
            makers.make_customer("U-1", email=MAIL)
        raise caught.value
    except IntegrityError:
        line = line_of("failed", exc_info=sys.exc_info())
    assert line["error"]["cause"]["constraint_name"] == "accounts_customer_uid_key"
    assert line["error"]["cause"]["sqlstate"] == "23505"


def test_a_line_bears_the_reference_of_its_request() -> None:
    with request_id_set("RQ-7K3M-9Q2X"):
        assert line_of("m")["request"] == "RQ-7K3M-9Q2X"


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_the_error_page_shows_the_reference_that_stands_in_the_log(
    lines: StringIO,
) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get(
        f"/desk-broken/{MAIL}/?q={NAME}", headers={"X-Request-ID": MAIL}
    )
    reference = answer.headers["X-Request-ID"]
    assert answer.status_code == 500
    assert reference in answer.content.decode()
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    errors = [line for line in found if "error" in line]
    assert {line["request"] for line in errors} == {reference}
    assert errors[0]["error"]["type"] == "builtins.ValueError"
    assert MAIL not in answer.content.decode()


@pytest.mark.django_db
def test_a_refusal_is_logged_under_its_reference(
    client: Client, lines: StringIO
) -> None:
    answer = client.get("/nowhere/")
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    refusals = [line for line in found if line["logger"] == "django.request"]
    assert [line["request"] for line in refusals] == [answer.headers["X-Request-ID"]]


# --- canaries ---------------------------------------------------------------------


@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
def test_no_canary_is_found_in_logs_redis_or_audit(
    lines: StringIO,
    caplog: pytest.LogCaptureFixture,
    settings: Settings,
    client: Client,
    tmp_path: Path,
) -> None:
    customer = makers.make_customer("U-1", full_name=NAME, email=MAIL)
    claim = makers.make_claim(makers.make_event(customer))
    connection.force_debug_cursor = True  # Statements are logged too, as in debug.
    walk_through_claim(client, claim)
    settings.FILES_DIR = tmp_path / "files"
    change_the_mail_on_file(tmp_path)
    break_everything(settings)

    connection.force_debug_cursor = False
    Job.objects.create(
        kind=JobKind.IMPORT, payload={"mail": MAIL}, due_at=timezone.now()
    )
    ring_due()
    text = lines.getvalue()
    assert len(found_in(caplog.text)) == 4  # In the plain form all got out.
    assert text.count("\n") > 100
    assert found_in(text) == []
    assert found_in(everything_in_redis()) == []
    entries = list(AuditEntry.objects.values_list("subject", "detail", "actor_name"))
    assert len(entries) > 1
    assert found_in(str(entries)) == []
    assert MAIL in AuditValue.objects.values_list("value", flat=True)


def walk_through_claim(client: Client, claim) -> None:
    filing = {"account_number": ADDRESS, "message": f"{NAME} {MAIL}"}
    assert client.post("/claims/file/", filing).status_code == 400
    filing["transaction_id"] = CANARIES[3]
    assert client.post("/claims/file/", filing).status_code == 302
    client.post("/claims/enter/", {"reference": claim.reference})
    client.post("/claims/code/", {"code": CANARIES[3]})
    client.post("/claims/code/", {"code": mailed_code(claim)})
    assert client.get("/claims/status/").status_code == 200
    client.get(f"/nowhere/{ADDRESS}/?mail={MAIL}")


def change_the_mail_on_file(folder: Path) -> None:
    for mail in (f"new-{MAIL}", MAIL):
        bring_in_customers(folder, f"U-1,{NAME},{mail},retail,en,DE")


def break_everything(settings: Settings) -> None:
    client = Client(raise_request_exception=False)
    assert client.get(f"/desk-broken/{NAME}/").status_code == 500
    assert client.get("/broken-row/").status_code == 500
    job = Job.objects.create(
        kind=JobKind.ASSESS, payload={"accounts": [MAIL]}, due_at=timezone.now()
    )
    assert not run(job.pk)
    settings.EMAIL_BACKEND = f"{__name__}.PersonalBackend"
    OutboxMessage.objects.create(
        key="k", event="case.closed", recipient=MAIL, subject=NAME, body=ADDRESS
    )
    outbox_deliver(None, timezone.now())


def found_in(text: str) -> list[str]:
    return [one for one in CANARIES if one.lower() in text.lower()]


def everything_in_redis() -> str:
    store = redis.Redis.from_url(redis_client_url(current_app.conf.broker_url))
    with store:
        held = {key: store.dump(key) for key in store.scan_iter()}
        bells = [store.lrange(key, 0, -1) for key in held if store.type(key) == b"list"]
        bodies = [json.loads(bell)["body"] for queue in bells for bell in queue]
    assert bodies
    return f"{held} {bells} {[base64.b64decode(body) for body in bodies]}"
