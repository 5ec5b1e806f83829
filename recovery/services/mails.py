"""Mails to customers: written as outbox rows in the transaction of their cause.

A mail carries a reference and the address of the site, never a link that acts and
never an amount: who reads a mailbox is not known, who enters with a code is.
"""

from datetime import UTC, date, datetime

from django.conf import settings
from django.template.loader import render_to_string

from accounts.models import Customer
from recovery.domain.customer_news import CustomerNews
from recovery.domain.messages import ACCOUNT_MESSAGES
from recovery.models import Claim, OutboxMessage, RecoveryCase

CLAIM_CODE = "claim.code"
# Every piece of news a case can bring; templates/mails has one text for each.
CASE_NEWS = frozenset(map(str, CustomerNews))


# What is changed about a customer; told to the mail that was on file before.
ACCOUNT_NEWS = frozenset(one.event for one in ACCOUNT_MESSAGES) - {CLAIM_CODE}


class MailUnknownError(ValueError):
    """There is no text for this piece of news."""

    code = "mail_unknown"

    def __init__(self, event: str) -> None:
        self.event = event
        super().__init__(f"no mail text for “{event}”")


def mail_case_news(case: RecoveryCase, event: str, *, key: str) -> None:
    """Tell the customer of a case some news, once per key; nobody, if unknown.

    Args:
        case: With its customer's mail on file.
        event: One of `CASE_NEWS`.
        key: Names this one piece of news; the same key never gives a second mail.

    Raises:
        MailUnknownError: There is no text for the event.
    """
    if event not in CASE_NEWS:
        raise MailUnknownError(event)
    if case.customer is None:
        return
    claim = case.claims.order_by("id").first()
    _mail_write(
        case.customer,
        event,
        key=key,
        reference=claim.reference if claim else case.reference,
        has_claim=claim is not None,
        next_update_on=case.next_update_due_at.date(),
    )


def mail_preview(event: str) -> str:
    """The mail of an event as an invented customer would get it; writes nothing."""
    subject, body = _rendered(
        event,
        name="Ada Example",
        reference="CL-0000-0000",
        has_claim=True,
        next_update_on=date(2030, 1, 31),
        code="00000000",
        network="TRON",
        ending="RTv8",
        usable_at=datetime(2030, 2, 2, tzinfo=UTC),
        cooling_until=datetime(2030, 2, 3, tzinfo=UTC),
    )
    return f"{subject}\n\n{body}"


def mail_claim_received(claim: Claim) -> None:
    """Tell the owner of the account that a claim was filed, and its reference."""
    if claim.case is None or claim.customer is None:
        return
    _mail_write(
        claim.customer,
        CustomerNews.CLAIM_RECEIVED,
        key=f"claim-received-{claim.pk}",
        reference=claim.reference,
        has_claim=True,
        next_update_on=claim.case.next_update_due_at.date(),
    )


def mail_claim_code(customer: Customer, reference: str, code: str, *, key: str) -> None:
    """Send a one-time code to the mail on file.

    The code stands in the row only until it is sent (services.outbox).
    """
    _mail_write(customer, CLAIM_CODE, key=key, reference=reference, code=code)


def mail_account_news(
    customer: Customer, event: str, *, key: str, to: str = "", **context: object
) -> None:
    """Tell a customer what was changed about them, at once, so that they can object.

    Args:
        customer: Whose data it is.
        event: One of `ACCOUNT_NEWS`.
        key: Names this one piece of news.
        to: Another mail than the one on file: the old one after a change.
        context: What the text needs beside the name.

    Raises:
        MailUnknownError: There is no text for the event.
    """
    if event not in ACCOUNT_NEWS:
        raise MailUnknownError(event)
    _mail_write(customer, event, key=key, to=to, **context)


def _rendered(event: str, **context: object) -> tuple[str, str]:
    """Subject and body of a mail."""
    text = render_to_string(
        f"mails/{event}.txt", {"site_url": settings.SITE_URL, **context}
    )
    subject, _, body = text.partition("\n")
    return subject.strip(), body.strip() + "\n"


def _mail_write(
    customer: Customer, event: str, *, key: str, to: str = "", **context: object
) -> None:
    subject, body = _rendered(event, name=customer.full_name, **context)
    # One statement that lets the first writer win: safe to repeat, safe in parallel.
    OutboxMessage.objects.bulk_create(
        [
            OutboxMessage(
                key=key,
                event=event,
                recipient=to or customer.email,
                subject=subject,
                body=body,
            )
        ],
        ignore_conflicts=True,
    )
