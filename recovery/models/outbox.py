"""What must leave the house, written in the transaction that caused it."""

from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from recovery.models.fields import one_of, word_field


class OutboxState(StrEnum):
    """Outcome of a message."""

    DUE = "due"
    SENDING = "sending"  # Handed over; if this stays, the outcome is unknown.
    DONE = "done"
    REFUSED = "refused"  # Certainly not delivered, and not tried any more.
    UNKNOWN = "unknown"  # Never retried by a machine.
    DROPPED = "dropped"  # A person decided that it need not arrive.


class OutboxMessage(models.Model):
    """One mail. `key` makes it exactly one per event."""

    key = models.CharField(max_length=120, unique=True)
    event = models.CharField(max_length=48, db_comment="claim.received, …")
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    state = word_field(OutboxState, default=OutboxState.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    due_at = models.DateTimeField(
        db_default=Now(), db_comment="Not before; moves on after a refusal."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [one_of("state", OutboxState, "recovery_outbox_state_known")]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state="due"), name="recovery_outbox_due"
            ),
            models.Index(
                fields=["id"],
                condition=Q(state="unknown"),
                name="recovery_outbox_unknown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"
