"""What a person does about mails whose outcome no machine knows, or that were refused."""

from django.db import transaction
from django.db.models.functions import Now

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.models import OutboxMessage, OutboxState
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.mails import CLAIM_CODE

# Whoever answers customers, and whoever runs the desk.
MAIL_DUTIES = (Duty.WORK_CASE, Duty.ADMINISTER_PEOPLE)
_OPEN = (OutboxState.UNKNOWN, OutboxState.REFUSED)


@transaction.atomic
def mail_arrived(actor: Actor, message: OutboxMessage) -> OutboxMessage:
    """Note that a mail of unknown outcome did arrive: its server has the Message-ID.

    Raises:
        NotReadyError: Its outcome is not unknown (any more).
        DutyMissingError: The actor neither works cases nor runs the desk.
    """
    message = _locked(actor, message, OutboxState.UNKNOWN)
    return _moved(actor, message, OutboxState.DONE, "mail.arrived")


@transaction.atomic
def mail_send_again(actor: Actor, message: OutboxMessage) -> OutboxMessage:
    """Make a mail due again that did not arrive, as its server's log says.

    It keeps its Message-ID, so that a server that has it after all can tell.

    Raises:
        NotReadyError: It is under way or done, or it was a code: those are made anew.
        DutyMissingError: The actor neither works cases nor runs the desk.
    """
    message = _locked(actor, message, *_OPEN)
    if message.event == CLAIM_CODE:
        raise NotReadyError(
            "The code stands nowhere any more: the customer asks for a new one."
        )
    message.tries = 0
    message.due_at = Now()
    return _moved(actor, message, OutboxState.DUE, "mail.send_again")


@transaction.atomic
def mail_drop(actor: Actor, message: OutboxMessage) -> OutboxMessage:
    """Decide that a mail need not arrive any more.

    Raises:
        NotReadyError: It is under way or done.
        DutyMissingError: The actor neither works cases nor runs the desk.
    """
    message = _locked(actor, message, *_OPEN)
    return _moved(actor, message, OutboxState.DROPPED, "mail.drop")


def _locked(
    actor: Actor, message: OutboxMessage, *states: OutboxState
) -> OutboxMessage:
    require_duty(actor, *MAIL_DUTIES)
    message = OutboxMessage.objects.select_for_update(no_key=True).get(pk=message.pk)
    if message.state not in states:
        raise NotReadyError(
            f"This mail is {message.state}: there is nothing to decide."
        )
    return message


def _moved(
    actor: Actor, message: OutboxMessage, state: OutboxState, action: str
) -> OutboxMessage:
    before, message.state = message.state, state
    message.save(update_fields=["state", "tries", "due_at"])
    message.refresh_from_db()
    audit_write(actor, action, f"mail {message.pk}", was=before, event=message.event)
    return message
