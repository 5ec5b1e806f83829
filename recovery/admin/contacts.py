"""Changes of the mail on file, and who looked behind the mask."""

from datetime import datetime

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString

from accounts.models import ContactChange, ContactChangeStatus, Customer, PersonalLook
from recovery.admin.acts import Act, Data
from recovery.admin.base import DeskAdmin
from recovery.admin.forms import DeskForm, ReasonForm, long_text
from recovery.admin.pages import Fact, Page, Visit
from recovery.admin.show import badge, masked_mail, moment, moment_cell
from recovery.domain.duties import Duty
from recovery.services.actors import Actor
from recovery.services.contacts import (
    contact_change_approve,
    contact_change_propose,
    contact_change_refuse,
    personal_data_show,
)

_APPROVERS = frozenset({Duty.APPROVE_DECISION})
_TONES = {
    ContactChangeStatus.PROPOSED: "wait",
    ContactChangeStatus.APPROVED: "good",
    ContactChangeStatus.REFUSED: "calm",
}


class MailForm(DeskForm):
    """Another mail on file."""

    mail = forms.EmailField(label="New mail")
    how = long_text("How it was verified", "By another way than a mail, and with whom.")


def _show(actor: Actor, customer: Customer, data: Data, now: datetime) -> str:
    shown = personal_data_show(actor, customer, reason=data["reason"], now=now)
    return f"{shown} (this look is recorded)."


def _propose(
    actor: Actor, customer: Customer, data: Data, now: datetime
) -> ContactChange:
    return contact_change_propose(
        actor, customer, data["mail"], how=data["how"], now=now
    )


def _approve(
    actor: Actor, change: ContactChange, _data: Data, now: datetime
) -> ContactChange:
    return contact_change_approve(actor, change, now=now)


def _refuse(
    actor: Actor, change: ContactChange, data: Data, now: datetime
) -> ContactChange:
    return contact_change_refuse(actor, change, reason=data["reason"], now=now)


def _waits(actor: Actor, change: ContactChange) -> bool:
    is_own = actor.user is not None and actor.user.pk == change.proposed_by_id
    return change.status == ContactChangeStatus.PROPOSED and not is_own


SHOW_PERSONAL = Act(
    "show-mail",
    "Show name and mail",
    _show,
    "Shown.",
    frozenset({Duty.WORK_CASE, Duty.HOLD_PAYMENT}),
    form=ReasonForm,
    hint="Recorded with your reason; auditors read it.",
)
PROPOSE_MAIL = Act(
    "propose-mail",
    "Propose another mail on file",
    _propose,
    "Proposed. The mail on file hears of it now; a second person decides.",
    frozenset({Duty.WORK_CASE}),
    form=MailForm,
)


@admin.register(ContactChange)
class ContactChangeAdmin(DeskAdmin):
    """New mails on file: what waits for a second person, and what was decided."""

    list_display = ("customer", "old_shown", "new_shown", "status_shown", "at_shown")
    list_filter = ("status",)
    search_fields = ("customer__uid__exact",)
    search_help_text = "UID"
    ordering = ("-id",)
    list_select_related = ("customer",)
    acts = (
        Act(
            "approve",
            "Approve",
            _approve,
            "Changed. No code and no money for a time; both mails hear of it.",
            _APPROVERS,
            fits=_waits,
            tone="primary",
        ),
        Act(
            "refuse",
            "Refuse",
            _refuse,
            "Refused; the mail on file stays.",
            _APPROVERS,
            form=ReasonForm,
            fits=_waits,
        ),
    )

    @display(description="From")
    def old_shown(self, change: ContactChange) -> str:
        """Masked."""
        return masked_mail(change.old_mail)

    @display(description="To")
    def new_shown(self, change: ContactChange) -> str:
        """Masked."""
        return masked_mail(change.new_mail)

    @display(description="Status", ordering="status")
    def status_shown(self, change: ContactChange) -> SafeString:
        """How far it is."""
        return badge(change.status, _TONES[ContactChangeStatus(change.status)])

    @display(description="Proposed", ordering="proposed_at")
    def at_shown(self, change: ContactChange) -> SafeString:
        """When."""
        return moment_cell(change.proposed_at)

    def page(self, visit: Visit) -> Page:
        """What would change, how it was verified, and by whom."""
        change: ContactChange = visit.subject
        return Page(
            title=f"New mail on file of {change.customer}",
            kind="Change of contact",
            badge=self.status_shown(change),
            facts=[
                Fact("From", masked_mail(change.old_mail)),
                Fact("To", masked_mail(change.new_mail)),
                Fact("How it was verified", change.how),
                Fact("Proposed by", change.proposed_by or "a file of customers"),
                Fact("Proposed", moment(change.proposed_at)),
                Fact("Decided by", change.decided_by or "—"),
                Fact("Decided", moment(change.decided_at)),
                Fact("Reason", change.reason or "—"),
            ],
        )


@admin.register(PersonalLook)
class PersonalLookAdmin(DeskAdmin):
    """Who looked behind the mask, at whom, and why."""

    read_duty = Duty.READ_AUDIT
    list_display = ("at_shown", "user", "customer", "reason")
    list_filter = ("user",)
    search_fields = ("customer__uid__exact",)
    search_help_text = "UID"
    ordering = ("-at",)
    list_select_related = ("user", "customer")

    @display(description="At", ordering="at")
    def at_shown(self, look: PersonalLook) -> SafeString:
        """When."""
        return moment_cell(look.at)
