"""Trading accounts first seen in a file are made unlinked (design §4.10)."""

from collections.abc import Collection, Mapping, Sequence

from accounts.models import TradingAccount

_AT_ONCE = 5_000


class AccountBook:
    """Account numbers of one venue to ids, each asked for once."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._ids: dict[str, int] = {}

    def ids_of(self, numbers: Collection[str]) -> Mapping[str, int]:
        """The ids of these accounts, among others; those never seen are made.

        Safe while other imports make the same accounts: whoever comes first makes it.
        """
        unknown = sorted(set(numbers) - self._ids.keys())
        for start in range(0, len(unknown), _AT_ONCE):
            self._learn(unknown[start : start + _AT_ONCE])
        return self._ids

    def _learn(self, numbers: Sequence[str]) -> None:
        self._look_up(numbers)
        missing = [number for number in numbers if number not in self._ids]
        if missing:
            TradingAccount.objects.bulk_create(
                [TradingAccount(venue=self._venue, number=one) for one in missing],
                ignore_conflicts=True,
            )
            self._look_up(missing)

    def _look_up(self, numbers: Sequence[str]) -> None:
        rows = TradingAccount.objects.filter(venue=self._venue, number__in=numbers)
        self._ids.update(rows.values_list("number", "pk"))

    def all_ids(self) -> list[int]:
        """Every account of the venue."""
        rows = TradingAccount.objects.filter(venue=self._venue)
        return list(rows.values_list("pk", flat=True))
