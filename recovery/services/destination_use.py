"""What a payment asks of its destination: usable now, and approved by others."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from accounts.models import Destination, DestinationStatus, ScreeningResult, User
from recovery.domain.errors import NotReadyError, SamePersonError


def destination_require_usable(destination: Destination, *, now: datetime) -> None:
    """Go on when money may go to a destination now.

    Raises:
        NotReadyError: Not approved, still cooling down, screened too long ago or with
            a hit, or the customer's mail on file is too new.
    """
    if destination.status != DestinationStatus.APPROVED:
        raise NotReadyError("A withdrawal goes to an approved destination.")
    if destination.usable_at is None or destination.usable_at > now:
        raise NotReadyError(
            f"This destination cools down until {destination.usable_at:%Y-%m-%d %H:%M}."
        )
    destination_require_screened(destination, now)
    cooling = destination.customer.cooling_until
    if cooling is not None and cooling > now:
        raise NotReadyError(
            f"The customer's mail on file is new: no money before {cooling:%Y-%m-%d}."
        )


def destination_require_screened(destination: Destination, now: datetime) -> None:
    """Go on when a clear screening of a destination is not too old.

    Raises:
        NotReadyError: There is none, or it is.
    """
    if destination.screening != ScreeningResult.CLEAR or not destination.screened_at:
        raise NotReadyError("A clear screening of this destination is needed first.")
    if destination.screened_at < now - timedelta(days=settings.SCREENING_DAYS):
        raise NotReadyError("The screening of this destination is too old.")


def leaves_by(now: datetime) -> Q:
    """Which payments may leave now, as far as their destinations go."""
    is_rested = Q(destination__usable_at__lte=now) & (
        Q(destination__customer__cooling_until=None)
        | Q(destination__customer__cooling_until__lte=now)
    )
    return Q(destination=None) | is_rested & Q(
        destination__status=DestinationStatus.APPROVED,
        destination__screening=ScreeningResult.CLEAR,
    )


def destination_editors(destination: Destination) -> frozenset[int]:
    """Who proposed or verified a destination; none of them approves a payment to it."""
    people = (destination.proposed_by_id, destination.verified_by_id)
    return frozenset(one for one in people if one is not None)


def destination_approver_refuse(destination: Destination, approver: User) -> None:
    """Refuse an approver of a payment who had a hand in its destination.

    Raises:
        SamePersonError: They proposed or verified it.
    """
    if approver.pk in destination_editors(destination):
        raise SamePersonError(
            approver.username, "proposed or verified the destination of this payment"
        )
