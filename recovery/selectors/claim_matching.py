"""Whether a claim that was just filed can be checked already."""

from datetime import datetime, timedelta

from recovery.models import Claim, Job, JobKind, JobState

# For everybody alike: how long the work took tells nobody what it found.
AT_LEAST = timedelta(seconds=4)
AT_MOST = timedelta(seconds=20)


def claim_is_being_entered(reference: str, *, now: datetime) -> bool:
    """Whether the job that looks for what a claim is about is still at work.

    The answer says nothing of what it finds: a claim that matches nothing waits as
    long as one that does (TRUST T32), and nobody waits for a worker that is away.
    """
    claim = Claim.objects.filter(reference=reference).first()
    if claim is None or now - claim.filed_at >= AT_MOST:
        return False
    at_work = Job.objects.filter(
        kind=JobKind.MATCH,
        state__in=(JobState.DUE, JobState.RUNNING),
        payload={"claim": claim.pk},
    ).exists()
    return at_work or now - claim.filed_at < AT_LEAST
