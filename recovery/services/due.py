"""Assessments become due: after an import, a changed rule, a changed membership."""

from collections.abc import Sequence

from recovery.models import JobKind
from recovery.services.jobs import job_create

ACCOUNTS_PER_JOB = 500


def assessments_make_due(account_ids: Sequence[int], reason: str) -> int:
    """Make jobs that assess the accounts anew, in the transaction of the reason.

    Args:
        account_ids: In any order.
        reason: Names what happened; the same reason makes the jobs once.

    Returns:
        How many jobs stand for it.
    """
    ids = sorted(set(account_ids))
    starts = range(0, len(ids), ACCOUNTS_PER_JOB)
    for start in starts:
        job_create(
            JobKind.ASSESS,
            {"accounts": ids[start : start + ACCOUNTS_PER_JOB]},
            key=f"assess-{reason}-{start}"[:120],
        )
    return len(starts)
