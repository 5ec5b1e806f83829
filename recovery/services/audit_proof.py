"""The hourly proof of the audit; a chain that breaks is told at once."""

import logging

from recovery.domain.staff_news import StaffNews
from recovery.models import Job
from recovery.services.audit_chain import AuditVerdict, audit_verify
from recovery.services.heartbeats import heartbeat_beat
from recovery.services.staff_notices import notice_write

AUDIT = "audit"
logger = logging.getLogger(__name__)


def audit_watch(job_id: int) -> AuditVerdict:
    """Walk the chain; while it holds, move the heartbeat forward, else tell people.

    Safe to run any number of times and twice at once.

    Args:
        job_id: The job that asks; its page is where the notice leads.
    """
    verdict = audit_verify()
    if verdict.fault is None:
        heartbeat_beat(AUDIT)
        return verdict
    logger.error("the audit does not prove itself at entry %s", verdict.fault.position)
    notice_write(
        StaffNews.AUDIT_VERIFY_FAILED,
        Job.objects.get(pk=job_id),
        f"the audit, first at entry {verdict.fault.position}",
    )
    return verdict
