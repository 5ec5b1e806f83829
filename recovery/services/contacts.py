"""Changes of the mail on file, and looks at personal data: never alone, never unseen."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import (
    ContactChange,
    ContactChangeStatus,
    Customer,
    PersonalLook,
    User,
)
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, SamePersonError
from recovery.models import ClaimCode
from recovery.services.actors import (
    Actor,
    require_duty,
    require_fresh_factor,
    require_staff,
)
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.mails import mail_account_news

_DAY = timedelta(days=1)


@transaction.atomic
def contact_change_propose(
    actor: Actor, customer: Customer, new_mail: str, *, how: str, now: datetime
) -> ContactChange:
    """Propose another mail on file; the old one hears of it at once.

    Raises:
        NotReadyError: Nothing is said of how it was verified, the mail is the same, or
            another change waits.
        DutyMissingError: The actor neither works cases nor imports reference data.
    """
    require_duty(actor, Duty.WORK_CASE, Duty.IMPORT_FILES)
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if not how.strip():
        raise NotReadyError("Say how it was verified that the customer wants this.")
    if customer.email.lower() == new_mail.strip().lower():
        raise NotReadyError("This is the mail on file already.")
    if customer.contact_changes.filter(status=ContactChangeStatus.PROPOSED).exists():
        raise NotReadyError("Another change of this mail waits for its second person.")
    change = ContactChange.objects.create(
        customer=customer,
        old_mail=customer.email,
        new_mail=new_mail.strip(),
        how=how.strip(),
        proposed_by=actor.user,
        proposed_at=now,
    )
    _recorded(actor, change, "customer.mail.propose")
    mail_account_news(customer, "contact.proposed", key=f"contact-proposed-{change.pk}")
    return change


def contact_change_note(
    actor: Actor, customer: Customer, new_mail: str, *, now: datetime
) -> None:
    """Propose what a file of customers says, unless a change waits already."""
    if customer.contact_changes.filter(status=ContactChangeStatus.PROPOSED).exists():
        return
    how = "A file of customers says so; nobody was asked yet."
    contact_change_propose(actor, customer, new_mail, how=how, now=now)


def contact_change_approve(
    actor: Actor, change: ContactChange, *, now: datetime
) -> ContactChange:
    """Approve another mail on file as the second person.

    For a time no code is sent there and no money leaves; living codes die.

    Raises:
        SamePersonError: The actor proposed it.
        FreshFactorNeededError: The last second factor is too long ago.
        NotReadyError: Not proposed any more, or the mail changed meanwhile.
        DutyMissingError: The actor approves nothing.
    """
    with refusal_recorded(actor, f"customer {change.customer.uid}", change):
        return _approve(actor, change, now)


@transaction.atomic
def _approve(actor: Actor, change: ContactChange, now: datetime) -> ContactChange:
    approver = require_staff(actor, Duty.APPROVE_DECISION)
    change = _locked(change)
    customer = Customer.objects.select_for_update(no_key=True).get(
        pk=change.customer_id
    )
    if approver.pk == change.proposed_by_id:
        raise SamePersonError(actor.name, "proposed this change")
    require_fresh_factor(actor, now=now)
    if customer.email != change.old_mail:
        raise NotReadyError("The mail on file changed meanwhile.")
    _decide(change, approver, ContactChangeStatus.APPROVED, now)
    customer.email = change.new_mail
    customer.cooling_until = now + timedelta(hours=settings.CONTACT_COOLING_HOURS)
    customer.save(update_fields=["email", "cooling_until"])
    ClaimCode.objects.filter(
        claim__customer=customer, used_at=None, expires_at__gt=now
    ).update(expires_at=now)
    _recorded(actor, change, "customer.mail.changed")
    for word, mail in (("old", change.old_mail), ("new", change.new_mail)):
        mail_account_news(
            customer,
            "contact.changed",
            key=f"contact-changed-{word}-{change.pk}",
            to=mail,
            cooling_until=customer.cooling_until,
        )
    return change


@transaction.atomic
def contact_change_refuse(
    actor: Actor, change: ContactChange, *, reason: str, now: datetime
) -> ContactChange:
    """Refuse a change; the mail on file stays.

    Raises:
        NotReadyError: No reason, or not proposed any more.
        SamePersonError: The actor proposed it.
        DutyMissingError: The actor approves nothing.
    """
    approver = require_staff(actor, Duty.APPROVE_DECISION)
    change = _locked(change)
    if not reason.strip():
        raise NotReadyError("Say why the change is refused.")
    if approver.pk == change.proposed_by_id:
        raise SamePersonError(actor.name, "proposed this change")
    change.reason = reason.strip()
    _decide(change, approver, ContactChangeStatus.REFUSED, now)
    _recorded(actor, change, "customer.mail.refuse")
    return change


@transaction.atomic
def personal_data_show(
    actor: Actor, customer: Customer, *, reason: str, now: datetime
) -> str:
    """Give name and mail on file in full, and record who asked and why (TRUST T19).

    Raises:
        NotReadyError: No reason, or more looks than a person may take in a day.
        DutyMissingError: The actor neither works cases nor holds payments.
    """
    user = require_staff(actor, Duty.WORK_CASE, Duty.HOLD_PAYMENT)
    if not reason.strip():
        raise NotReadyError("Say why you need to see it.")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    taken = PersonalLook.objects.filter(user=user, at__gt=now - _DAY).count()
    if taken >= settings.LOOKS_PER_DAY:
        raise NotReadyError(
            f"{taken} looks within a day are as many as a person may take; the lead "
            "sees this figure."
        )
    PersonalLook.objects.create(
        user=user, customer=customer, reason=reason.strip()[:400], at=now
    )
    audit_write(
        actor,
        "customer.mail.shown",
        f"customer {customer.uid}",
        personal={"mail": customer.email},
    )
    return f"{customer.full_name}, {customer.email}"


def _locked(change: ContactChange) -> ContactChange:
    change = (
        ContactChange.objects.select_for_update(of=("self",), no_key=True)
        .select_related("customer")
        .get(pk=change.pk)
    )
    if change.status != ContactChangeStatus.PROPOSED:
        raise NotReadyError(f"This change is {change.status} already.")
    return change


def _decide(
    change: ContactChange, by: User, status: ContactChangeStatus, now: datetime
) -> None:
    change.status, change.decided_by, change.decided_at = status, by, now
    change.save(update_fields=["status", "decided_by", "decided_at", "reason"])


def _recorded(actor: Actor, change: ContactChange, action: str) -> None:
    personal = {"mail": change.new_mail, "mail_before": change.old_mail}
    subject = f"customer {change.customer.uid}"
    audit_write(actor, action, subject, personal=personal, change=change.pk)
