"""Receipts held against what the stored rows and rules give today. Writes nothing."""

from dataclasses import dataclass

from accounts.models import TradingAccount
from recovery.domain.canonical import digest_text
from recovery.models import Event
from recovery.services.computing import (
    Computed,
    EventNames,
    compute_account,
    entries_by_account,
)
from recovery.services.rules import RuleLoader


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """A stored receipt beside a recomputed one.

    Attributes:
        stored: Digest of the active assessment; empty when there is none.
        receipt_holds: The stored text still has the digest stored with it.
        recomputed: Digest of today's computation; empty when the rows show no such
            event any more.
    """

    reference: str
    number: int
    stored: str
    receipt_holds: bool
    recomputed: str

    @property
    def agrees(self) -> bool:
        """Whether the receipt is what rows and rules give."""
        return self.receipt_holds and self.stored == self.recomputed


def receipt_check(event: Event) -> ReceiptCheck:
    """Recompute an event from stored rows and rules and hold it against its receipt."""
    active = event.active_assessment
    computed = _computed(event)
    return ReceiptCheck(
        reference=event.reference,
        number=active.number if active else 0,
        stored=active.digest if active else "",
        receipt_holds=active is not None
        and digest_text(active.receipt) == active.digest,
        recomputed=computed.digest if computed else "",
    )


def _computed(event: Event) -> Computed | None:
    account = TradingAccount.objects.get(pk=event.account_id)
    rules = RuleLoader().books([account])[account.pk]
    names = EventNames([account.pk])
    for _, entries in entries_by_account([account.pk]):
        for one in compute_account(account, entries, rules, names):
            if one.reference == event.reference:
                return one
    return None
