"""Destinations: proposed, verified out of band, screened, approved, cooled down.

Mail alone never changes where money goes: a destination is verified by another way,
approved by somebody who neither proposed nor verified it, told to the mail on file at
once, and rests for a time. Nobody who proposed or verified it approves a payment to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.addresses.checks import address_check
from accounts.addresses.errors import AddressRefusedError
from accounts.models import (
    ContactChangeStatus,
    CoolDown,
    Customer,
    Destination,
    DestinationStatus,
    ScreeningResult,
)
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, SamePersonError
from recovery.domain.lifecycle import PaymentAction, PaymentStatus
from recovery.domain.staff_news import StaffNews
from recovery.models import Payment
from recovery.selectors.claim_destinations import cool_down
from recovery.services.actors import (
    CUSTOMER,
    SYSTEM,
    Actor,
    require_fresh_factor,
    require_staff,
)
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.destination_use import (
    destination_editors,
    destination_require_screened,
)
from recovery.services.mails import mail_account_news
from recovery.services.staff_notices import notice_write
from recovery.services.transitions import case_lock, payment_move
from recovery.services.watch_list import watch_destination

_EDITORS = (Duty.WORK_CASE, Duty.PROPOSE_PAYMENT)
_UNPAID = (PaymentStatus.PROPOSED, PaymentStatus.APPROVED, PaymentStatus.HELD)
_ENDING = 4
_FORMER_MAILS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where somebody wants money of an asset to go."""

    asset: str
    network: str
    address: str
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """How a destination was verified by another way than a mail.

    Attributes:
        how: What was done, in words: called back on the number on file, and who spoke.
        evidence: Where the proof lies: a ticket, a recording, a document.
    """

    how: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Screening:
    """What a screening found, by whom and when."""

    provider: str
    result: ScreeningResult
    at: datetime


@transaction.atomic
def destination_propose(
    actor: Actor, customer: Customer, wanted: Wanted, *, now: datetime
) -> Destination:
    """Propose where a customer's money may go; the mail on file hears of it at once.

    Raises:
        NotReadyError: The address cannot be right, or stands there already.
        DutyMissingError: Neither staff who work cases or payments, nor the customer.
    """
    if actor is not CUSTOMER:
        require_staff(actor, *_EDITORS)
    try:
        read = address_check(wanted.asset, wanted.network, wanted.address, wanted.memo)
    except AddressRefusedError as error:
        raise NotReadyError(str(error)) from error
    place = {
        "asset": read.asset,
        "network": read.network,
        "address": read.address,
        "memo": read.memo,
    }
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    live = customer.destinations.exclude(status=DestinationStatus.REVOKED)
    if live.filter(**place).exists():
        raise NotReadyError("This destination stands there already.")
    destination = Destination.objects.create(
        customer=customer,
        **place,
        is_checked=read.is_checked,
        proposed_by=actor.user,
        proposed_at=now,
    )
    _told(actor, destination, "propose", now=now)
    watch_destination(destination)
    return destination


@transaction.atomic
def destination_verify(
    actor: Actor, destination: Destination, proof: Verification, *, now: datetime
) -> Destination:
    """Note that staff verified a destination by another way than a mail.

    Raises:
        NotReadyError: Not proposed any more, or nothing is said of how.
        DutyMissingError: The actor works neither cases nor payments.
    """
    verifier = require_staff(actor, *_EDITORS)
    destination = _locked(destination, DestinationStatus.PROPOSED)
    if not (proof.how.strip() and proof.evidence.strip()):
        raise NotReadyError("Say how it was verified, and where the proof lies.")
    destination.status = DestinationStatus.VERIFIED
    destination.verified_by, destination.verified_at = verifier, now
    destination.verified_how = proof.how.strip()
    destination.evidence = proof.evidence.strip()
    destination.save()
    _recorded(actor, destination, "verify", proof.how)
    about = f"destination {destination.pk}"
    notice_write(StaffNews.APPROVAL_WAITING, destination, about)
    return destination


@transaction.atomic
def destination_screen(
    actor: Actor, destination: Destination, screening: Screening, *, now: datetime
) -> Destination:
    """Record what a screening found; a hit stops every unpaid payment to it.

    Raises:
        NotReadyError: No provider, a time to come, or revoked already.
        DutyMissingError: The actor works neither cases nor payments, nor holds any.
    """
    require_staff(actor, *_EDITORS, Duty.HOLD_PAYMENT)
    destination = _locked(destination)
    if destination.status == DestinationStatus.REVOKED:
        raise NotReadyError("This destination is revoked.")
    if not screening.provider.strip() or screening.at > now:
        raise NotReadyError("Say who screened it, and when; not in days to come.")
    destination.screening = screening.result
    destination.screened_by = screening.provider.strip()
    destination.screened_at = screening.at
    destination.save()
    _recorded(actor, destination, "screen", result=screening.result)
    if screening.result == ScreeningResult.HIT:
        destination_payments_void(destination, "Its screening found something.", now)
    return destination


def destination_approve(
    actor: Actor, destination: Destination, *, now: datetime
) -> Destination:
    """Approve a destination as the second person; it cools down from now on.

    Raises:
        SamePersonError: The actor proposed or verified it.
        FreshFactorNeededError: The last second factor is too long ago.
        NotReadyError: Not verified, or no recent clear screening.
        DutyMissingError: The actor approves nothing.
    """
    with refusal_recorded(actor, f"destination {destination.pk}", destination):
        return _approve(actor, destination, now)


@transaction.atomic
def _approve(actor: Actor, destination: Destination, now: datetime) -> Destination:
    approver = require_staff(actor, Duty.APPROVE_DECISION, Duty.APPROVE_PAYMENT)
    destination = _locked(destination, DestinationStatus.VERIFIED)
    if approver.pk in destination_editors(destination):
        raise SamePersonError(actor.name, "proposed or verified this destination")
    require_fresh_factor(actor, now=now)
    destination_require_screened(destination, now)
    destination.status = DestinationStatus.APPROVED
    destination.approved_by, destination.approved_at = approver, now
    destination.usable_at = now + cool_down(destination.customer, now=now)
    destination.save()
    _told(actor, destination, "approve", now=now)
    return destination


@transaction.atomic
def destination_revoke(
    actor: Actor, destination: Destination, *, reason: str, now: datetime
) -> Destination:
    """Take a destination off; every unpaid payment to it is stopped.

    Raises:
        NotReadyError: No reason, or revoked already.
        DutyMissingError: The actor works neither cases nor payments, nor holds any.
    """
    require_staff(actor, *_EDITORS, Duty.HOLD_PAYMENT)
    if not reason.strip():
        raise NotReadyError("Say why the destination is taken off.")
    destination = _locked(destination)
    if destination.status == DestinationStatus.REVOKED:
        raise NotReadyError("This destination is revoked already.")
    destination.status = DestinationStatus.REVOKED
    destination.revoked_at, destination.revoked_reason = now, reason.strip()
    destination.save()
    destination_payments_void(destination, "Its destination was taken off.", now)
    _told(actor, destination, "revoke", now=now)
    return destination


def destination_payments_void(destination: Destination, why: str, now: datetime) -> int:
    """Stop every payment to a destination that has not left; the approvals are void.

    Returns:
        How many were stopped. What is in a batch is refused by the database when it
        should leave.
    """
    waiting = Payment.objects.filter(destination=destination, status__in=_UNPAID)
    count = 0
    for payment in waiting.select_related("case").order_by("case_id", "pk"):
        case_lock(payment.case)
        payment = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)  # noqa: PLW2901
        if payment.status in _UNPAID:
            payment_move(
                SYSTEM, payment, PaymentAction.VOID_APPROVAL, now=now, reason=why
            )
            count += 1
    return count


@transaction.atomic
def cool_down_change(
    actor: Actor, client_class: str, *, hours: int, valid_from: datetime, now: datetime
) -> CoolDown:
    """Set how long new destinations of a client class rest, from a day to come.

    Raises:
        NotReadyError: It would count within a day: a thief would shorten it first.
        DutyMissingError: The actor activates no rules.
    """
    require_staff(actor, Duty.ACTIVATE_RULES)
    if valid_from < now + timedelta(days=1):
        raise NotReadyError("A new rest counts a day from now at the earliest.")
    made = CoolDown.objects.create(
        client_class=client_class, hours=hours, valid_from=valid_from
    )
    audit_write(actor, "cool_down.change", f"class {client_class}", hours=hours)
    return made


def _locked(
    destination: Destination, status: DestinationStatus | None = None
) -> Destination:
    destination = (
        Destination.objects.select_for_update(of=("self",), no_key=True)
        .select_related("customer")
        .get(pk=destination.pk)
    )
    if status is not None and destination.status != status:
        raise NotReadyError(f"This destination is {destination.status}, not {status}.")
    return destination


_NEWS = {"propose": "proposed", "approve": "approved", "revoke": "revoked"}


def _told(actor: Actor, destination: Destination, act: str, *, now: datetime) -> None:
    """Record an act and tell the mail on file at once, and those before it.

    A mail that was replaced not long ago hears of it too: whoever took over a mailbox
    would change the mail first and the destination then.
    """
    _recorded(actor, destination, act)
    customer, key = destination.customer, f"destination-{act}-{destination.pk}"
    for to, one_key in [("", key), *_former_mails(customer, key, now)]:
        mail_account_news(
            customer,
            f"destination.{_NEWS[act]}",
            key=one_key,
            to=to,
            network=destination.network,
            ending=destination.address[-_ENDING:],
            usable_at=destination.usable_at or now,
        )


def _former_mails(customer: Customer, key: str, now: datetime) -> list[tuple[str, str]]:
    """Mails on file before, changed not long ago, each with a key of its own."""
    changes = customer.contact_changes.filter(
        status=ContactChangeStatus.APPROVED, decided_at__gt=now - _FORMER_MAILS
    )
    return [
        (change.old_mail, f"{key}-before-{change.pk}")
        for change in changes.exclude(old_mail__in=["", customer.email])
    ]


def _recorded(
    actor: Actor, destination: Destination, act: str, how: str = "", **detail: str
) -> None:
    audit_write(
        actor,
        f"destination.{act}",
        f"customer {destination.customer.uid}",
        personal={"address": destination.address, "how": how},
        destination=destination.pk,
        network=destination.network,
        **detail,
    )
