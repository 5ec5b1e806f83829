"""What a customer sees of where their money may go, and may choose."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from accounts.addresses.checks import networks_of
from accounts.models import CoolDown, Customer, Destination, DestinationStatus
from recovery.domain.lifecycle import CaseStatus
from recovery.domain.words import DecisionKind, DecisionStatus
from recovery.models import Decision, RecoveryCase

_BEGINNING, _ENDING = 6, 4
_SHORTENED_FROM = 16


@dataclass(frozen=True, slots=True)
class DestinationView:
    """One destination on file, told by its ends only: the page opens with a mailbox.

    Attributes:
        usable_on: From when money can go there; None while that is not known.
    """

    number: int
    asset: str
    network: str
    ends: str
    memo: str
    label: str
    usable_at: datetime | None
    can_choose: bool
    is_chosen: bool


def wanted_assets(case: RecoveryCase) -> list[str]:
    """Assets that are owed by an approved decision and can be paid out of the house."""
    if case.status != CaseStatus.OWED:
        return []
    approved = case.decisions.filter(status=DecisionStatus.APPROVED)
    return sorted({one.asset for one in approved if can_leave(one)})


def can_leave(decision: Decision) -> bool:
    """Whether an approved decision's money can be paid out of the house."""
    return decision.kind == DecisionKind.OWED and bool(networks_of(decision.asset))


def cool_down(customer: Customer, *, now: datetime) -> timedelta:
    """How long a new destination of a customer rests, by what is in force."""
    found = (
        CoolDown.objects.filter(client_class=customer.client_class, valid_from__lte=now)
        .order_by("-valid_from")
        .first()
    )
    return timedelta(hours=found.hours if found else settings.COOL_DOWN_HOURS)


def destinations_on_file(
    case: RecoveryCase, *, now: datetime
) -> tuple[DestinationView, ...]:
    """The live destinations of a case's customer in the assets that are owed."""
    assets = wanted_assets(case)
    if case.customer is None or not assets:
        return ()
    chosen = case.destination_choices.order_by("-pk").first()
    rows = case.customer.destinations.filter(asset__in=assets)
    return tuple(
        _view(
            one,
            is_chosen=chosen is not None and chosen.destination_id == one.pk,
            now=now,
        )
        for one in rows.exclude(status=DestinationStatus.REVOKED).order_by("pk")
    )


def _view(one: Destination, *, is_chosen: bool, now: datetime) -> DestinationView:
    is_approved = one.status == DestinationStatus.APPROVED
    return DestinationView(
        number=one.pk,
        asset=one.asset,
        network=one.network,
        ends=address_ends(one.address),
        memo=one.memo,
        label=_label(one, now),
        usable_at=one.usable_at if is_approved else None,
        can_choose=is_approved and not is_chosen,
        is_chosen=is_chosen,
    )


def _label(one: Destination, now: datetime) -> str:
    if one.status != DestinationStatus.APPROVED:
        return "Proposed; we check it with you by another way"
    if one.usable_at is None or one.usable_at > now:
        return "Approved; it rests for a while before money can go there"
    return "Approved and ready"


def address_ends(address: str) -> str:
    """Beginning and ending of an address: enough to know one's own again."""
    if len(address) < _SHORTENED_FROM:
        return address
    return f"{address[:_BEGINNING]}…{address[-_ENDING:]}"
