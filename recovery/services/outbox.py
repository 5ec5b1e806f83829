"""Deliver the outbox: done, certainly not done, or unknown; never twice (TRUST §3.1).

The state SENDING is committed before the mail server hears of a message. A refusal, or
a talk that broke before the server could have taken the text, is certainly no delivery:
it is tried again, later and later, a few times. Whatever broke behind that, or died in
between, is UNKNOWN: a person decides (services.outbox_acts), no machine sends it again.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from recovery.models import OutboxMessage, OutboxState
from recovery.services.fail_points import fail_point
from recovery.services.mails import CLAIM_CODE
from recovery.services.smtp import NotTakenError

# Far longer than a mail server may take to answer (EMAIL_TIMEOUT).
HANDOVER_MAX = timedelta(minutes=2)
RUN_MAX = 500
TRIES_MAX = 8
# 1, 2, 4 … minutes; all tries together last about two hours.
_BACK_OFF = timedelta(minutes=1)
_PERMANENT = 500
_CODE_REMOVED = "The code was removed from this record once it had left.\n"

logger = logging.getLogger(__name__)


class _Outcome(NamedTuple):
    """How one attempt ended; a refusal for good is not tried again."""

    state: OutboxState
    error: str = ""


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
    return OutboxMessage.objects.filter(state=OutboxState.DUE, due_at__lte=Now())


def _give_up_on_dead(now: datetime) -> None:
    """What an attempt left in the middle has an outcome that nobody knows."""
    dead = OutboxMessage.objects.filter(
        state=OutboxState.SENDING, sent_at__lt=now - HANDOVER_MAX
    )
    ended = _Outcome(OutboxState.UNKNOWN, "The attempt ended in the middle.")
    _end(dead, ended)


def _claim_next() -> OutboxMessage | None:
    """The next due message, its state SENDING already committed."""
    with transaction.atomic(durable=True):
        message = (
            _due()
            .select_for_update(skip_locked=True, no_key=True)
            .order_by("id")
            .first()
        )
        if message is None:
            return None
        OutboxMessage.objects.filter(pk=message.pk).update(
            state=OutboxState.SENDING, sent_at=Now(), tries=F("tries") + 1
        )
    fail_point("outbox.claimed")
    message.tries += 1
    return message


def _hand_over(connection: Any, message: OutboxMessage) -> None:
    row = OutboxMessage.objects.filter(pk=message.pk, state=OutboxState.SENDING)
    outcome = _attempt(connection, message)
    fail_point("outbox.handed_over")
    if outcome.state != OutboxState.DONE:
        logger.warning("Outbox message %s: %s", message.pk, outcome.state)
    if outcome.state == OutboxState.DUE:
        wait = _BACK_OFF * 2 ** (message.tries - 1)
        row.update(state=outcome.state, error=outcome.error, due_at=Now() + wait)
    else:
        _end(row, outcome)
    fail_point("outbox.ended")


def _attempt(connection: Any, message: OutboxMessage) -> _Outcome:
    """Hand one message over; what came of it."""
    try:
        taken = connection.send_messages([_mail_of(message)])
    except (SMTPResponseException, SMTPRecipientsRefused) as error:
        return _refused(message, error, is_final=_code_of(error) >= _PERMANENT)
    except NotTakenError as error:
        return _refused(message, error, is_final=False)
    except ValueError as error:  # No mail can be made of this row.
        return _refused(message, error, is_final=True)
    except OSError as error:  # Also every other SMTPException.
        return _Outcome(OutboxState.UNKNOWN, _told(message, error))
    if not taken:
        return _Outcome(OutboxState.REFUSED, "It has nobody to go to.")
    return _Outcome(OutboxState.DONE)


def _refused(message: OutboxMessage, error: Exception, *, is_final: bool) -> _Outcome:
    is_over = is_final or message.tries >= TRIES_MAX
    state = OutboxState.REFUSED if is_over else OutboxState.DUE
    return _Outcome(state, _told(message, error))


def _code_of(error: SMTPResponseException | SMTPRecipientsRefused) -> int:
    if isinstance(error, SMTPResponseException):
        return int(error.smtp_code)
    return min(int(code) for code, _ in error.recipients.values())


def _told(message: OutboxMessage, error: Exception) -> str:
    """What the server said, without the address it may have repeated."""
    text = f"{type(error).__name__}: {error}"
    return text.replace(message.recipient, "…")[:2000]


def _end(rows: QuerySet[OutboxMessage], outcome: _Outcome) -> None:
    """End an attempt; a code that may have left stands nowhere in clear any more."""
    with transaction.atomic():
        rows.filter(event=CLAIM_CODE).update(body=_CODE_REMOVED)
        rows.update(state=outcome.state, error=outcome.error)


def message_id(message: OutboxMessage) -> str:
    """The Message-ID of a row: the same row gives the same one at every try."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    name = hashlib.sha256(message.key.encode()).hexdigest()[:40]
    return f"<{name}@{domain}>"


def _mail_of(message: OutboxMessage) -> EmailMessage:
    return EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.recipient],
        headers={
            "Message-ID": message_id(message),
            "Auto-Submitted": "auto-generated",
        },
    )
