"""Deliver the outbox: due, sending, then done or unknown; never twice (TRUST §3.1).

The state SENDING is committed before the mail server hears of a message. Whatever
dies after that leaves the row there, and what was SENDING too long is UNKNOWN: a
person decides, no machine sends it again.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from recovery.models import OutboxMessage, OutboxState
from recovery.services.mails import CLAIM_CODE

# Far longer than a mail server may take to answer (EMAIL_TIMEOUT).
HANDOVER_MAX = timedelta(minutes=2)
RUN_MAX = 500
_REMOVED = "The code was removed from this record once it had left.\n"

logger = logging.getLogger(__name__)


def outbox_deliver(beat: Callable[[int], object] | None, now: datetime) -> int:
    """Send what is due, one message after the other.

    Safe to run any number of times at once. A mail server that cannot be reached
    costs no message its turn: all stay due.

    Args:
        beat: Called with the count so far after each message, to renew a lease.
        now: Decides which attempts are long dead.

    Returns:
        How many messages were handed over.
    """
    _give_up_on_dead(now)
    sent = 0
    while sent < RUN_MAX and _due().exists():
        connection = get_connection()
        try:
            connection.open()
        except OSError:
            logger.exception("The mail server cannot be reached.")
            break
        try:
            message = _claim_next()
            if message is None:
                break
            _hand_over(connection, message)
        finally:
            connection.close()
        sent += 1
        if beat is not None:
            beat(sent)
    return sent


def _due() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(state=OutboxState.DUE)


def _give_up_on_dead(now: datetime) -> None:
    """What an attempt left in the middle has an outcome that nobody knows."""
    dead = OutboxMessage.objects.filter(
        state=OutboxState.SENDING, sent_at__lt=now - HANDOVER_MAX
    )
    _end(dead, OutboxState.UNKNOWN, "The attempt ended in the middle.")


def _claim_next() -> OutboxMessage | None:
    """The next due message, its state SENDING already committed."""
    with transaction.atomic(durable=True):
        message = _due().select_for_update(skip_locked=True).order_by("id").first()
        if message is None:
            return None
        OutboxMessage.objects.filter(pk=message.pk).update(
            state=OutboxState.SENDING, sent_at=Now(), tries=F("tries") + 1
        )
    return message


def _hand_over(connection: Any, message: OutboxMessage) -> None:
    row = OutboxMessage.objects.filter(pk=message.pk, state=OutboxState.SENDING)
    try:
        connection.send_messages([_mail_of(message)])
    except OSError as error:  # Also every SMTPException.
        logger.exception("Outbox message %s: outcome unknown.", message.pk)
        _end(row, OutboxState.UNKNOWN, f"{type(error).__name__}: {error}"[:2000])
        return
    _end(row, OutboxState.DONE, "")


def _end(rows: QuerySet[OutboxMessage], state: OutboxState, error: str) -> None:
    """End an attempt; a code that may have left stands nowhere in clear any more."""
    with transaction.atomic():
        rows.filter(event=CLAIM_CODE).update(body=_REMOVED)
        rows.update(state=state, error=error)


def _mail_of(message: OutboxMessage) -> EmailMessage:
    """The mail of a row; the same row always gives the same Message-ID."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    name = hashlib.sha256(message.key.encode()).hexdigest()[:40]
    return EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.recipient],
        headers={
            "Message-ID": f"<{name}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
    )
