"""Which event is told to whom (ANCHORS §4.3): one table for mails, notices and digests.

What the customer is told goes out as a mail of its own; staff, finance, leads and
administrators find it in their digest. Every notice is written in the transaction of
its event, once per key.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Audience(StrEnum):
    """Who is told."""

    CUSTOMER = "customer"
    STAFF = "staff"
    FINANCE = "finance"
    LEADS = "leads"
    ADMINS = "admins"


_C, _S, _F, _L, _A = Audience
NOTICES: Mapping[str, frozenset[Audience]] = MappingProxyType(
    {
        event: frozenset(audiences)
        for event, audiences in {
            "claim.received": (_C,),
            "claim.code": (_C,),
            "case.merged": (_C, _S),
            "info.requested": (_C, _S),
            "info.received": (_S,),
            "decision.owed": (_C, _F),
            "decision.not_owed": (_C,),
            "decision.deficit": (_C, _F),
            "calc.changed": (_S,),
            "amount.approved": (_C, _F),
            "amount.returned": (_S,),
            "approval.waiting": (_F, _L),
            "approval.voided": (_F, _L),
            "approval.self_refused": (_F, _L),
            "credit.posted": (_C, _F),
            "payout.sent": (_C, _F),
            "payout.confirmed": (_C, _F),
            "payout.returned": (_C, _F),
            "payout.uncertain": (_C, _F),
            "adjustment.opened": (_F, _L),
            "deficit.notice": (_C, _F),
            "deficit.missed": (_F,),
            "deficit.settled": (_C, _F),
            "deficit.written_off": (_C, _F),
            "case.closed": (_C,),
            "case.reopened": (_C, _S),
            "audit.verify_failed": (_A,),
            "outbox.stuck": (_A,),
        }.items()
    }
)


def audiences_of(event: str) -> frozenset[Audience]:
    """Who is told of an event.

    Raises:
        KeyError: The table does not know the event.
    """
    return NOTICES[event]


def told_to_customer() -> frozenset[str]:
    """Events a customer is mailed about."""
    return frozenset(
        event for event, told in NOTICES.items() if Audience.CUSTOMER in told
    )
