"""Which events a demo holds: scenario, venue, window and account of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import NamedTuple

from recovery.demo.market import MAIN_CRASH_AT, Window
from recovery.demo.times import day_text

HOUSE, KRAKEN, BYBIT = "house", "kraken_futures", "bybit"
BASE, VIP1 = "base", "vip1"

# Scenario, venue, weight. In the order in which a very small demo takes them.
DEFAULT_WEIGHTS: tuple[tuple[str, str, int], ...] = (
    ("clean", HOUSE, 8),
    ("fee_wrong", HOUSE, 4),
    ("to_fund", BYBIT, 5),
    ("deficit_covered", HOUSE, 3),
    ("reduction_saved", HOUSE, 3),
    ("reduction_failed", HOUSE, 3),
    ("funding_wrong", HOUSE, 3),
    ("fee_and_funding", HOUSE, 3),
    ("missing", HOUSE, 3),
    ("over", HOUSE, 3),
    ("clean", KRAKEN, 5),
    ("fee_wrong", KRAKEN, 2),
)

TAKER_RATES = {
    (HOUSE, BASE): Decimal("0.0005"),
    (HOUSE, VIP1): Decimal("0.0004"),
    (KRAKEN, BASE): Decimal("0.0005"),
    (BYBIT, BASE): Decimal("0.00055"),
}
MAKER_RATE = Decimal("0.0002")
HOUSE_LIQUIDATION_RATE = Decimal("0.005")

# A big demo keeps venue files few: their accounts have many events each.
_SMALL_DEMO_MAX = 100
_EVENTS_PER_ACCOUNT = {HOUSE: (2, 6), KRAKEN: (2, 16), BYBIT: (2, 16)}
_FIRST_NUMBER = {HOUSE: 100_200, KRAKEN: 7_004_100, BYBIT: 312_400_100}
_STEADY_FROM = date(2026, 1, 1)


class Membership(NamedTuple):
    """A fee tier of an account, from a day until before another."""

    tier: str
    valid_from: date
    valid_to: date | None


class Planned(NamedTuple):
    """One event to come: what goes wrong, and when."""

    scenario: str
    window: Window


@dataclass(slots=True)
class Account:
    """A trading account with its fee tiers and the events it will go through."""

    venue: str
    number: str
    layout: str  # house, account_log, U1 or U2
    margin_mode: str
    tier: str  # What the venue charges by, at first.
    later_tier: tuple[date, str] | None = None
    tier_known: bool = True  # Without a membership the desk does not know the tier.
    planned: list[Planned] = field(default_factory=list)
    customer_uid: str = ""

    @property
    def has_whole_seconds(self) -> bool:
        """Whether this account's layout cuts times to the second."""
        return self.layout in {"account_log", "U2"}

    def tier_at(self, at_ms: int) -> str:
        """The tier the account is in at an instant."""
        if self.later_tier and day_text(at_ms) >= self.later_tier[0].isoformat():
            return self.later_tier[1]
        return self.tier

    def taker_rate(self, at_ms: int) -> Decimal:
        """What a taker of this account pays at an instant."""
        return TAKER_RATES[self.venue, self.tier_at(at_ms)]

    def memberships(self) -> list[Membership]:
        """The tiers as they are told to the desk."""
        if not self.tier_known:
            return []
        if self.later_tier is None:
            return [Membership(self.tier, _STEADY_FROM, None)]
        changed_on, tier = self.later_tier
        return [
            Membership(self.tier, _STEADY_FROM, changed_on),
            Membership(tier, changed_on, None),
        ]


def scenario_counts(
    events: int, weights: tuple[tuple[str, str, int], ...]
) -> list[tuple[str, str, int]]:
    """Share out the events by weight, at least one of each while they last."""
    present = [row for row in weights if row[2] > 0][:events]
    total = sum(weight for _, _, weight in present)
    spare = events - len(present)
    counts = [1 + spare * weight // total for _, _, weight in present]
    remainders = [-(spare * weight % total) for _, _, weight in present]
    order = sorted(range(len(present)), key=remainders.__getitem__)
    for place in order[: events - sum(counts)]:
        counts[place] += 1
    return [
        (scenario, venue, count)
        for (scenario, venue, _), count in zip(present, counts, strict=True)
    ]


def windows_wanted(events: int) -> int:
    """How many bad hours a demo of this size is spread over."""
    return 5 if events <= _SMALL_DEMO_MAX else 16


def plan_accounts(
    rng: Random, counts: list[tuple[str, str, int]], windows: tuple[Window, ...]
) -> list[Account]:
    """Spread the scenarios over accounts of each venue and over the bad hours."""
    accounts: list[Account] = []
    for venue in (HOUSE, KRAKEN, BYBIT):
        scenarios = [s for s, at, count in counts if at == venue for _ in range(count)]
        rng.shuffle(scenarios)
        for place, share in enumerate(_shares(rng, venue, scenarios, len(windows))):
            account = _account_draw(rng, venue, place)
            account.planned = _planned(rng, share, windows)
            _tier_settle(rng, account)
            accounts.append(account)
    return accounts


def _shares(
    rng: Random, venue: str, scenarios: list[str], windows: int
) -> Iterator[list[str]]:
    """Cut the scenarios of a venue into what one account goes through."""
    small, large = _EVENTS_PER_ACCOUNT[venue]
    while scenarios:
        if windows < large:
            size = 1 if rng.randint(1, 5) > 1 else small
        else:
            size = rng.randint((large + 1) // 2, large)
        share, scenarios = scenarios[:size], scenarios[size:]
        yield share


def _planned(
    rng: Random, scenarios: list[str], windows: tuple[Window, ...]
) -> list[Planned]:
    if len(scenarios) == 1:
        main = next(w for w in windows if w.centre_ms == MAIN_CRASH_AT)
        chosen = [main if rng.randint(1, 10) <= 6 else rng.choice(windows)]
    else:
        chosen = sorted(rng.sample(windows, len(scenarios)))
    return [Planned(s, w) for s, w in zip(scenarios, chosen, strict=True)]


def _account_draw(rng: Random, venue: str, place: int) -> Account:
    number = _FIRST_NUMBER[venue] + place * 37 + rng.randint(0, 36)
    prefix = {HOUSE: "RD-", KRAKEN: "KF-", BYBIT: ""}[venue]
    modes = ("isolated", "cross") if venue == HOUSE else ("cross",)
    bybit = ("U2", "U2", "U1")[place % 3]
    layout = {HOUSE: "house", KRAKEN: "account_log", BYBIT: bybit}[venue]
    mode = rng.choice(modes)
    return Account(venue, f"{prefix}{number}", layout, mode, BASE)


def _tier_settle(rng: Random, account: Account) -> None:
    """Give a house account its tier; where fees go wrong the tier is known.

    With an unknown tier a wrong fee could be a published one of another tier, and
    the truth would be a matter of opinion.
    """
    if account.venue != HOUSE:
        return
    drawn = rng.randint(1, 20)
    if drawn <= 6:
        account.tier = VIP1
    elif drawn <= 9:
        account.later_tier = (_tier_change(rng, account), VIP1)
    has_wrong_fee = any("fee" in planned.scenario for planned in account.planned)
    account.tier_known = has_wrong_fee or drawn % 5 != 1


def _tier_change(rng: Random, account: Account) -> date:
    """A midnight between two bad hours, so that no event straddles it."""
    centre = rng.choice(account.planned).window.centre_ms
    day = date.fromisoformat(day_text(centre))
    return date.fromordinal(day.toordinal() - 7 + rng.randint(0, 2))
