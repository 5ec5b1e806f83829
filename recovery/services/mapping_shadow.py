"""What a mapping would change: the same rows assessed without it and with it.

Nothing is written. Accounts beyond a bound are counted and not computed, and the
answer says so.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.models import TradingAccount
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import CASE_ENDED
from recovery.domain.money import exact, format_amount
from recovery.models import RecoveryCase
from recovery.services.computing import (
    Computed,
    EventNames,
    compute_account,
    entries_by_account,
)
from recovery.services.rules import RuleLoader
from recovery.venues.operation_meanings import OperationMeanings

SHADOW_ACCOUNTS = 200
_AT_ONCE = 50
_CASES_NAMED = 50


@dataclass(slots=True)
class _Difference:
    """What differs, gathered over all accounts."""

    new: int = 0
    gone: int = 0
    changed: list[str] = field(default_factory=list)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    before: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    after: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def take(self, old: dict[str, Computed], new: dict[str, Computed]) -> None:
        """Note the events of some accounts, without and with the mapping."""
        self.new += len(new.keys() - old.keys())
        self.gone += len(old.keys() - new.keys())
        for reference in sorted(old.keys() | new.keys()):
            one, other = old.get(reference), new.get(reference)
            if one and other and _figures(one) == _figures(other):
                continue
            self.changed.append(reference)
            self.reasons[_reason(one), _reason(other)] += 1
            _add(self.before, one)
            _add(self.after, other)


def _figures(one: Computed) -> tuple[object, ...]:
    numbers = one.assessment
    return (
        numbers.residual,
        numbers.deficit,
        numbers.received,
        numbers.variance,
        one.finding.reason,
    )


def _reason(one: Computed | None) -> str:
    if one is None:
        return "no event"
    return str(one.finding.reason or "ties")


def _add(sums: dict[str, Decimal], one: Computed | None) -> None:
    if one is not None:
        sums[one.assessment.asset] += one.assessment.variance


def shadow_run(
    account_ids: Sequence[int], before: OperationMeanings, after: OperationMeanings
) -> dict[str, Any]:
    """What assessments of the accounts would say otherwise.

    Returns:
        Plain JSON: accounts, accounts_computed, new, gone, changed, cases, case_count,
        reasons as [before, after, events], money as {asset: [before, after]}, which
        are sums of the variances of the changed events.
    """
    ids = sorted(set(account_ids))
    found = _Difference()
    loader = RuleLoader()
    with exact():
        for start in range(0, min(len(ids), SHADOW_ACCOUNTS), _AT_ONCE):
            chunk = ids[start : min(start + _AT_ONCE, SHADOW_ACCOUNTS)]
            found.take(
                _computed(chunk, loader, before), _computed(chunk, loader, after)
            )
    return {
        "accounts": len(ids),
        "accounts_computed": min(len(ids), SHADOW_ACCOUNTS),
        **_told(found),
    }


def _computed(
    ids: Sequence[int], loader: RuleLoader, meanings: OperationMeanings
) -> dict[str, Computed]:
    accounts = {one.pk: one for one in TradingAccount.objects.filter(pk__in=ids)}
    books = loader.books(accounts.values())
    names = EventNames(ids)
    return {
        one.reference: one
        for pk, entries in entries_by_account(ids, meanings)
        for one in compute_account(accounts[pk], entries, books[pk], names)
    }


def _told(found: _Difference) -> dict[str, Any]:
    cases = RecoveryCase.objects.filter(event__reference__in=found.changed)
    live = cases.exclude(status__in=CASE_ENDED).order_by("reference")
    references = list(live.values_list("reference", flat=True))
    return {
        "new": found.new,
        "gone": found.gone,
        "changed": len(found.changed) - found.new - found.gone,
        "case_count": len(references),
        "cases": references[:_CASES_NAMED],
        "reasons": [
            [before, after, count]
            for (before, after), count in sorted(found.reasons.items())
        ],
        "money": {
            asset: [
                format_amount(found.before.get(asset, ZERO)),
                format_amount(found.after.get(asset, ZERO)),
            ]
            for asset in sorted(found.before.keys() | found.after.keys())
        },
    }
