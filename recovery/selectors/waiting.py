"""What waits for a second person beside decisions, payments and batches."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from accounts.models import (
    ContactChange,
    ContactChangeStatus,
    Destination,
    DestinationStatus,
    User,
)
from recovery.domain.duties import Duty
from recovery.domain.lifecycle import CollectionStatus
from recovery.domain.set_off import SetOffStatus
from recovery.models import (
    Collection,
    LayoutMapping,
    MappingStatus,
    OperationMapping,
    RecordedShare,
    SetOff,
    UnclaimedRelease,
)


class Waiting(NamedTuple):
    """One kind of thing that a second person confirms on its own page.

    Attributes:
        title: What stands above them.
        duties: Who may confirm them holds one of these.
        rows: What waits and is not of this person, oldest first.
    """

    title: str
    duties: frozenset[Duty]
    rows: "Callable[[User], QuerySet[Any]]"


def _of(*duties: Duty) -> frozenset[Duty]:
    return frozenset(duties)


def _destinations(user: User) -> "QuerySet[Destination]":
    own = Q(proposed_by=user) | Q(verified_by=user)
    rows = Destination.objects.filter(status=DestinationStatus.PROPOSED).exclude(own)
    return rows.exclude(verified_by=None).order_by("pk")


def _contact_changes(user: User) -> "QuerySet[ContactChange]":
    rows = ContactChange.objects.filter(status=ContactChangeStatus.PROPOSED)
    return rows.exclude(proposed_by=user).select_related("customer").order_by("pk")


def _set_offs(user: User) -> "QuerySet[SetOff]":
    rows = SetOff.objects.filter(status=SetOffStatus.PROPOSED)
    return rows.exclude(Q(proposer=user) | Q(decision__proposer=user)).order_by("pk")


def _releases(user: User) -> "QuerySet[UnclaimedRelease]":
    rows = UnclaimedRelease.objects.filter(approver=None)
    own = Q(recorded_by=user) | Q(decision__proposer=user)
    return rows.exclude(own).select_related("decision__case").order_by("pk")


def _shares(user: User) -> "QuerySet[RecordedShare]":
    rows = RecordedShare.objects.filter(confirmed_at=None, withdrawn_at=None)
    return rows.exclude(recorded_by=user).select_related("event").order_by("pk")


def _write_offs(_user: User) -> "QuerySet[Collection]":
    rows = Collection.objects.filter(status=CollectionStatus.WRITE_OFF_PROPOSED)
    return rows.order_by("pk")


def _operation_mappings(user: User) -> "QuerySet[OperationMapping]":
    rows = OperationMapping.objects.filter(status=MappingStatus.PROPOSED)
    return rows.exclude(proposed_by=user).order_by("pk")


def _layout_mappings(user: User) -> "QuerySet[LayoutMapping]":
    rows = LayoutMapping.objects.filter(status=MappingStatus.PROPOSED)
    return rows.exclude(proposed_by=user).order_by("pk")


ALSO_WAITING = (
    Waiting(
        "Destinations",
        _of(Duty.APPROVE_DECISION, Duty.APPROVE_PAYMENT),
        _destinations,
    ),
    Waiting("Mails on file", _of(Duty.APPROVE_DECISION), _contact_changes),
    Waiting("Set-offs", _of(Duty.APPROVE_PAYMENT), _set_offs),
    Waiting("Releases of unclaimed money", _of(Duty.APPROVE_PAYMENT), _releases),
    Waiting("Recorded shares", _of(Duty.APPROVE_DECISION), _shares),
    Waiting("Write-offs", _of(Duty.APPROVE_WRITE_OFF), _write_offs),
    Waiting("Unknown rows", _of(Duty.ACTIVATE_RULES), _operation_mappings),
    Waiting("Mapped layouts", _of(Duty.ACTIVATE_RULES), _layout_mappings),
)
