"""Which files of some accounts tell money that others tell already."""

from collections.abc import Sequence
from typing import NamedTuple

from accounts.models import TradingAccount
from recovery.domain.restated import Restating
from recovery.models import SourceFile
from recovery.venues.loading import restated_layouts, summing_layouts


class RestatedFiles(NamedTuple):
    """Files by the names entries give them.

    Attributes:
        restating: Those whose layout restates others, with those others.
        sums: Those that are lists of closed positions.
    """

    restating: Restating
    sums: frozenset[str]


def restated_files(account_ids: Sequence[int]) -> RestatedFiles:
    """The files of the accounts' venues that tell money once more."""
    restated = restated_layouts()
    venues = TradingAccount.objects.filter(pk__in=account_ids).values("venue")
    held = SourceFile.objects.filter(venue__in=venues)
    if not held.filter(layout__in={name for _, name in restated}).exists():
        return RestatedFiles({}, frozenset())
    files = [
        (sha256[:12], (venue, layout))
        for sha256, venue, layout in held.values_list("sha256", "venue", "layout")
    ]
    holders: dict[tuple[str, str], set[str]] = {}
    for name, layout in files:
        holders.setdefault(layout, set()).add(name)
    restating = {
        name: frozenset(
            other for told in restated[layout] for other in holders.get(told, ())
        )
        for name, layout in files
        if layout in restated
    }
    summing = summing_layouts()
    return RestatedFiles(
        restating, frozenset(name for name, layout in files if layout in summing)
    )
