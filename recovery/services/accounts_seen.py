"""Trading accounts first seen in a file are made unlinked (design §4.10)."""

from accounts.models import TradingAccount


class AccountBook:
    """Account numbers of one venue to ids, each asked for once."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._ids: dict[str, int] = {}

    def id_of(self, number: str) -> int:
        """The id of an account, made when it was never seen."""
        known = self._ids.get(number)
        if known is None:
            account, _ = TradingAccount.objects.get_or_create(
                venue=self._venue, number=number
            )
            known = self._ids[number] = account.pk
        return known

    def all_ids(self) -> list[int]:
        """Every account of the venue."""
        rows = TradingAccount.objects.filter(venue=self._venue)
        return list(rows.values_list("pk", flat=True))
