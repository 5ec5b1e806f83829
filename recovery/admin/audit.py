"""The audit: who did what, written once."""

import json

from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString

from recovery.admin.acts import Act
from recovery.admin.base import DeskAdmin
from recovery.admin.pages import Fact, Page, Visit
from recovery.admin.show import moment, moment_cell, words
from recovery.domain.duties import Duty
from recovery.models import AuditEntry, AuditSeal, OutboxMessage, OutboxState
from recovery.services.mails import CLAIM_CODE
from recovery.services.outbox import message_id
from recovery.services.outbox_acts import (
    MAIL_DUTIES,
    mail_arrived,
    mail_drop,
    mail_send_again,
)


@admin.register(AuditEntry)
class AuditAdmin(DeskAdmin):
    """Every act, newest first, for those who read the audit."""

    read_duty = Duty.READ_AUDIT
    list_display = ("when_shown", "actor_name", "action", "subject")
    search_fields = ("subject__exact", "actor_name__exact", "action__exact")
    search_help_text = "Subject (case RC-…), login or action"
    ordering = ("-id",)

    @display(description="When", ordering="id")
    def when_shown(self, entry: AuditEntry) -> SafeString:
        """When it was done."""
        return moment_cell(entry.at)

    def page(self, visit: Visit) -> Page:
        """One act and its details."""
        subject: AuditEntry = visit.subject
        detail = json.dumps(subject.detail, sort_keys=True, ensure_ascii=False)
        seal = AuditSeal.objects.filter(entry=subject).first()
        values = [Fact(words(one.name), one.value) for one in subject.values.all()]
        return Page(
            title=subject.action,
            kind="Audit entry",
            facts=[
                Fact("When", moment(subject.at)),
                Fact("Who", subject.actor_name),
                Fact("Role", words(subject.role) or "—"),
                Fact("Subject", subject.subject),
                Fact("Detail", detail),
                *values,
                Fact("Request", subject.request_id or "—"),
                Fact("Database user", subject.database_user or "—"),
                Fact("Position in the chain", seal.position if seal else "not sealed"),
                Fact("Hash", seal.hash if seal else "—"),
            ],
        )


def _needs_somebody(mail: OutboxMessage) -> bool:
    return mail.state in {OutboxState.UNKNOWN, OutboxState.REFUSED}


@admin.register(OutboxMessage)
class OutboxAdmin(DeskAdmin):
    """Mails that left or wait to leave: which and when, not what they say."""

    list_display = ("event", "key", "state", "tries", "created_shown", "sent_shown")
    list_filter = ("state", "event")
    ordering = ("-id",)
    acts = (
        Act(
            "arrived",
            "It arrived",
            lambda actor, mail, _data, _now: mail_arrived(actor, mail),
            "Noted: it arrived.",
            frozenset(MAIL_DUTIES),
            fits=lambda _actor, mail: mail.state == OutboxState.UNKNOWN,
            tone="primary",
            hint="The mail server's log has its Message-ID.",
        ),
        Act(
            "send-again",
            "Send again",
            lambda actor, mail, _data, _now: mail_send_again(actor, mail),
            "It is due again, with the same Message-ID.",
            frozenset(MAIL_DUTIES),
            fits=lambda _actor, mail: (
                _needs_somebody(mail) and mail.event != CLAIM_CODE
            ),
            hint="The mail server's log does not have its Message-ID.",
        ),
        Act(
            "drop",
            "Drop it",
            lambda actor, mail, _data, _now: mail_drop(actor, mail),
            "It will not be sent.",
            frozenset(MAIL_DUTIES),
            fits=lambda _actor, mail: _needs_somebody(mail),
            tone="danger",
        ),
    )

    @display(description="Written", ordering="id")
    def created_shown(self, message: OutboxMessage) -> SafeString:
        """When it was written."""
        return moment_cell(message.created_at)

    @display(description="Sent", ordering="sent_at")
    def sent_shown(self, message: OutboxMessage) -> SafeString:
        """When it left."""
        return moment_cell(message.sent_at)

    def page(self, visit: Visit) -> Page:
        """What became of a mail; never its code or words."""
        subject: OutboxMessage = visit.subject
        return Page(
            title=subject.event,
            kind="Mail",
            facts=[
                Fact("State", subject.state),
                Fact("Message-ID", message_id(subject)),
                Fact("Tries", subject.tries),
                Fact("Written", moment(subject.created_at)),
                Fact("Not before", moment(subject.due_at)),
                Fact("Sent", moment(subject.sent_at)),
                Fact("Error", subject.error or "—"),
            ],
        )
