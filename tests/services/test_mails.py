"""Mails: one text for every piece of news, no amounts, no acting links, once."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import Customer
from recovery.domain.messages import ACCOUNT_MESSAGES, case_messages
from recovery.models import Claim, OutboxMessage, RecoveryCase
from recovery.services.mails import (
    ACCOUNT_NEWS,
    CASE_NEWS,
    CLAIM_CODE,
    MailUnknownError,
    mail_case_news,
    mail_claim_code,
)
from recovery.services.staff_notices import STAFF_DIGEST

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS = Path(settings.BASE_DIR) / "templates" / "mails"


@pytest.fixture
def case(db: None) -> RecoveryCase:
    customer = Customer.objects.create(
        uid="U-1",
        full_name="Cem Öz <b>& Co</b>",
        email="cem@example.org",
        client_class="retail",
        jurisdiction="DE",
    )
    return RecoveryCase.objects.create(
        reference="RC-1111",
        customer=customer,
        origin="claim",
        opened_at=NOW,
        status_since=NOW,
        next_update_due_at=NOW,
    )


def claim_of(case: RecoveryCase) -> Claim:
    return Claim.objects.create(
        reference="CL-2222",
        account_number="A-1",
        customer=case.customer,
        case=case,
        filed_at=NOW,
    )


def test_news_without_a_text_is_an_error(case: RecoveryCase) -> None:
    with pytest.raises(MailUnknownError):
        mail_case_news(case, "case.exploded", key="k")


def test_a_case_without_customer_gives_no_mail(case: RecoveryCase) -> None:
    case.customer = None

    mail_case_news(case, "case.closed", key="k")

    assert not OutboxMessage.objects.exists()


def test_the_same_key_gives_one_mail(case: RecoveryCase) -> None:
    for _ in range(3):
        mail_case_news(case, "case.closed", key="k")

    assert OutboxMessage.objects.count() == 1


def test_every_text_is_a_message_of_the_table_and_every_message_has_a_text() -> None:
    told = {one.event for one in (*case_messages(), *ACCOUNT_MESSAGES)}
    texts = {path.stem for path in TEXTS.glob("[!_]*.txt")}
    assert texts - {STAFF_DIGEST} == told
    assert told == CASE_NEWS | ACCOUNT_NEWS | {CLAIM_CODE}


def test_every_message_has_a_cause() -> None:
    assert [one.event for one in case_messages() if not one.causes] == []


@pytest.mark.parametrize("event", sorted(CASE_NEWS))
def test_every_mail_names_the_claim_and_holds_no_amount_and_no_acting_link(
    case: RecoveryCase, event: str
) -> None:
    claim_of(case)

    mail_case_news(case, event, key="k")

    mail = OutboxMessage.objects.get()
    text = f"{mail.subject}\n{mail.body}"
    assert mail.recipient == "cem@example.org"
    assert "CL-2222" in mail.subject
    assert "Cem Öz <b>& Co</b>" in mail.body
    assert "{" not in text
    assert not re.search(r"https?://[^\s/]+/\S", text)
    assert not re.search(r"\d[\d.,]*\s*(USDT|USDC|BTC|EUR)", text)


def test_without_a_claim_the_mail_says_how_to_read_the_case(case: RecoveryCase) -> None:
    mail_case_news(case, "decision.owed", key="k")

    mail = OutboxMessage.objects.get()
    assert "RC-1111" in mail.subject
    assert "File a claim" in mail.body


def test_a_code_goes_to_the_mail_on_file(case: RecoveryCase) -> None:
    assert case.customer is not None
    mail_claim_code(case.customer, "CL-2222", "12345678", key="code-1")

    mail = OutboxMessage.objects.get()
    assert (mail.event, mail.recipient) == ("claim.code", "cem@example.org")
    assert "12345678" in mail.body
    assert "12345678" not in mail.subject
