"""Assessments: find events of accounts, compute them, store what changed.

Run for a set of accounts after an import, a changed rule or on demand. The same
rows under the same rules give the same receipt, and an equal receipt stores nothing:
running twice, or twice at once, changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import Q

from accounts.models import TradingAccount
from recovery.domain.ledger import LedgerRole
from recovery.models import Event, LedgerEntry, Provenance
from recovery.selectors.operation_mappings import operation_meanings, role_read
from recovery.services.assessment_storing import (
    assessments_store,
    events_gone,
    events_store,
)
from recovery.services.batches import payments_post
from recovery.services.computing import (
    EventNames,
    compute_account,
    entries_by_account,
)
from recovery.services.fail_points import fail_point
from recovery.services.outcomes import GOODWILL_ROW
from recovery.services.recomputed import (
    batches_of_lock,
    cases_decided_lock,
    decided_follow,
)
from recovery.services.rules import RuleLoader
from recovery.services.sightings import entries_held

ACCOUNTS_PER_CHUNK = 50


class _Lease(Protocol):
    def beat(self, done: int, total: int = 0, unit: str = "") -> None: ...


def accounts_assess(lease: _Lease, account_ids: Sequence[int], *, now: datetime) -> int:
    """Find and assess every event of the accounts; one transaction per chunk.

    Returns:
        How many assessments were new.
    """
    loader = RuleLoader()
    stored = 0
    for start in range(0, len(account_ids), ACCOUNTS_PER_CHUNK):
        chunk = account_ids[start : start + ACCOUNTS_PER_CHUNK]
        with transaction.atomic():
            stored += _assess_chunk(chunk, loader, now)
            done = min(start + ACCOUNTS_PER_CHUNK, len(account_ids))
            lease.beat(done, len(account_ids), "accounts")
            fail_point("assess.chunk_written")
        fail_point("assess.chunk_committed")
    return stored


def _assess_chunk(ids: Sequence[int], loader: RuleLoader, now: datetime) -> int:
    # The account rows are the lock: two runs over one account take turns.
    accounts = list(
        TradingAccount.objects.select_for_update(no_key=True)
        .filter(pk__in=ids)
        .order_by("pk")
    )
    books = loader.books(accounts)
    by_id = {account.pk: account for account in accounts}
    names = EventNames(ids)
    computed = [
        one
        for account_id, entries in entries_by_account(by_id)
        for one in compute_account(by_id[account_id], entries, books[account_id], names)
    ]
    # Batches, events, cases, payments: the order of decision 0016.
    batches_of_lock(ids)
    gone = names.unmatched()
    events = events_store(computed, gone)
    cases_decided_lock(ids)
    stored = assessments_store(computed, events, now)
    events_gone(gone, now)
    fail_point("assess.stored")
    _post_credits(ids, now)
    # After the posting: a decision's own credit is no news to it.
    decided_follow(ids, now=now)
    return stored


def _post_credits(ids: Sequence[int], now: datetime) -> None:
    roles = (LedgerRole.CREDIT, LedgerRole.UNKNOWN)
    owed = Q(role__in=roles, order_id__startswith="PY-")
    goodwill = Q(operation=GOODWILL_ROW, order_id__startswith="GW-")
    named = LedgerEntry.objects.filter(owed | goodwill, account__in=ids)
    meanings = operation_meanings()
    # A customer's own file proves no booking of the platform.
    proven = [
        entry
        for entry, held in entries_held(named)
        if held
        and held.provenance != Provenance.CUSTOMER_SUPPLIED
        and (
            entry.operation == GOODWILL_ROW
            or role_read(entry, meanings) == LedgerRole.CREDIT
        )
    ]
    payments_post(proven, now=now)


def event_recompute(event: Event, *, now: datetime) -> Event:
    """Assess one event's account again, at once.

    Raises:
        NotReadyError: The event is not found in the ledger any more.
    """
    with transaction.atomic():
        _assess_chunk([event.account_id], RuleLoader(), now)
    event.refresh_from_db()
    return event
