"""What customers chose: where the money of their case should go."""

from django.db import models
from django.utils import timezone

from accounts.models import Destination
from recovery.models.append_only import AppendOnly
from recovery.models.cases import RecoveryCase
from recovery.models.claims import Claim


class DestinationChoice(AppendOnly):
    """One choice of a destination on file; the newest of a case counts.

    It moves nothing: a maker proposes the withdrawal, and everything it needs stays
    needed. The database holds that the destination is the customer's of the case.
    """

    case = models.ForeignKey(
        RecoveryCase, models.PROTECT, related_name="destination_choices"
    )
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="+")
    destination = models.ForeignKey(Destination, models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.destination} for {self.case}"
