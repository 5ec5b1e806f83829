"""How often something was asked within its window: counters, shared by all processes."""

from enum import StrEnum

from django.db import models

from recovery.models.fields import one_of, word_field


class LimitedAct(StrEnum):
    """What strangers may do only so often."""

    CLAIM_FILING = "claim_filing"
    CODE_REQUEST = "code_request"
    CODE_ENTRY = "code_entry"
    DESTINATION_PROPOSAL = "destination_proposal"
    POLICY_REPORT = "policy_report"


class RateCount(models.Model):
    """One act's count of one subject in its running window.

    Written by services.rate_limits only, in one statement on the database's clock.
    """

    act = word_field(LimitedAct)
    subject = models.CharField(
        max_length=64,
        blank=True,
        db_comment="Keyed digest of a network address; empty: everybody together.",
    )
    window_began_at = models.DateTimeField()
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            one_of("act", LimitedAct, "recovery_rate_act_known"),
            models.UniqueConstraint(
                fields=["act", "subject"], name="recovery_rate_once"
            ),
        ]
        indexes = [
            # The sweep reads the oldest windows first.
            models.Index(fields=["window_began_at"], name="recovery_rate_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.act} of {self.subject[:8] or 'everybody'}: {self.count}"
