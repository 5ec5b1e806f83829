"""Destinations proposed and chosen by customers, behind the code of their claim.

A mailbox alone opens these pages, so nothing here makes money move or a destination
usable: staff verify by another way, a second person approves, and it rests.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import Customer, Destination, DestinationStatus
from recovery.domain.customer_news import CustomerNews
from recovery.domain.errors import NotReadyError
from recovery.domain.staff_news import StaffNews
from recovery.models import Claim, DestinationChoice, RecoveryCase
from recovery.selectors.claim_destinations import wanted_assets
from recovery.services.actors import CUSTOMER
from recovery.services.audit import audit_write
from recovery.services.destinations import Wanted, destination_propose
from recovery.services.mails import mail_case_news
from recovery.services.staff_notices import notice_write
from recovery.services.transitions import case_lock

_DAY = timedelta(days=1)
_NOTHING_OWED = "There is nothing to pay out here at the moment."


@transaction.atomic
def customer_destination_propose(
    claim: Claim, wanted: Wanted, *, now: datetime
) -> Destination:
    """Propose where money of an owed amount may go, as the customer.

    The mail on file hears of it, staff are asked to verify it; it can be chosen once
    it is approved.

    Raises:
        NotReadyError: Nothing is owed in this asset, the address cannot be right or
            stands there, or the customer proposed too many within a day.
    """
    case, customer = _owner(claim)
    _require_owed(case, wanted.asset)
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    recent = customer.destinations.filter(proposed_by=None, proposed_at__gt=now - _DAY)
    if recent.count() >= settings.DESTINATIONS_PER_DAY:
        raise NotReadyError(
            "You proposed as many destinations as can be proposed in a day. Please "
            "come back tomorrow."
        )
    made = destination_propose(CUSTOMER, customer, wanted, now=now)
    about = f"case {case.reference}"
    notice_write(StaffNews.DESTINATION_PROPOSED, case, about, key=f"d{made.pk}")
    return made


@transaction.atomic
def customer_destination_choose(
    claim: Claim, number: int, *, now: datetime
) -> DestinationChoice:
    """Choose one of the approved destinations on file for what is owed.

    Choosing the same again changes nothing and tells nobody.

    Raises:
        NotReadyError: Nothing is owed in its asset, or it is not one of the
            customer's that are approved.
    """
    case, customer = _owner(claim)
    destination = customer.destinations.filter(
        pk=number, status=DestinationStatus.APPROVED
    ).first()
    if destination is None:
        raise NotReadyError("This destination is not approved any more.")
    _require_owed(case, destination.asset)
    last = case.destination_choices.order_by("-pk").first()
    if last is not None and last.destination_id == destination.pk:
        return last
    choice = DestinationChoice.objects.create(
        case=case, claim=claim, destination=destination, chosen_at=now
    )
    subject = f"case {case.reference}"
    audit_write(CUSTOMER, "destination.choose", subject, destination=destination.pk)
    mail_case_news(
        case, CustomerNews.DESTINATION_CHOSEN, key=f"destination-chosen-{choice.pk}"
    )
    notice_write(StaffNews.WITHDRAWAL_REQUESTED, case, subject, key=f"c{choice.pk}")
    return choice


def _owner(claim: Claim) -> tuple[RecoveryCase, Customer]:
    """The case, locked, and its customer, who is the one the code was mailed to."""
    if claim.case is None:
        raise NotReadyError(_NOTHING_OWED)
    case = case_lock(claim.case)
    if case.customer is None or case.customer_id != claim.customer_id:
        raise NotReadyError(_NOTHING_OWED)
    return case, case.customer


def _require_owed(case: RecoveryCase, asset: str) -> None:
    if asset not in wanted_assets(case):
        raise NotReadyError(_NOTHING_OWED)
