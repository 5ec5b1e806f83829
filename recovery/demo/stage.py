"""One attempt at one event: what is being played, and the wallet it needs.

Prices come from the market, so the wallet is what gives: the deposit is chosen so
that the trigger falls exactly where the scenario wants it.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from random import Random

from recovery.demo.book import ZERO, Book, Charges, Fact, Fill
from recovery.demo.market import Instrument, Market, Window
from recovery.demo.plan import HOUSE, HOUSE_LIQUIDATION_RATE, Account
from recovery.demo.text import booking_uid
from recovery.demo.times import whole_second

CLOSE_AT_LEVEL = Decimal("0.3")
REDUCE_AT_LEVEL = Decimal("0.5")
CENT = Decimal("0.01")


class UnlikelyDrawError(Exception):
    """The draw makes no believable event; another one is tried."""


def require(holds: bool) -> None:
    """Give up this attempt unless a condition holds."""
    if not holds:
        raise UnlikelyDrawError


@dataclass(slots=True)
class Stage:
    """The account, its book and the event in the making."""

    rng: Random
    market: Market
    account: Account
    window: Window
    instrument: Instrument
    event_id: str
    balance_before: Decimal
    book: Book
    wallet: Decimal = ZERO  # The scope's balance just before the event.
    event_from: int = 0  # Place of the event's first fact.
    leverage: int = 1
    deposit_at: int = 0

    @property
    def sign(self) -> int:
        """+1 for a long, -1 for a short."""
        return self.window.position_sign

    @property
    def event_facts(self) -> list[Fact]:
        """What has been booked since the event began."""
        return self.book.facts[self.event_from :]

    def moment(self, at_ms: int) -> int:
        """An instant as the venue books it."""
        return whole_second(at_ms) if self.account.has_whole_seconds else at_ms

    def order_id(self) -> str:
        """A new order number in the venue's manner."""
        if self.account.venue == HOUSE:
            return f"O{self.rng.getrandbits(48):012X}"
        return booking_uid(self.rng)

    def price_away(self, at_ms: int, away_bps: int) -> Decimal:
        """The mark, worse for the customer by so many hundredths of a percent."""
        cents = self.market.cents(self.instrument.underlying, at_ms)
        return self.instrument.price(cents - self.sign * (cents * away_bps // 10_000))

    def begin_event(self, at_ms: int) -> None:
        """Book the funding up to the trigger; what follows is the event."""
        self.book.fund_until(at_ms)
        self.event_from = len(self.book.facts)

    def charges(self, at_ms: int) -> Charges:
        """The published rates of a forced fill."""
        fee = self.account.taker_rate(at_ms)
        if self.account.venue == HOUSE:
            liquidation = HOUSE_LIQUIDATION_RATE
            return Charges(fee, fee, liquidation, liquidation)
        return Charges(fee, fee)

    def forced_fill(self, fill: Fill, charges: Charges | None = None) -> None:
        """Book a forced fill of the event on the side that reduces."""
        self.book.fill(
            fill._replace(
                side=-self.sign, order_id=self.order_id(), event_id=self.event_id
            ),
            charges or self.charges(fill.at_ms),
        )

    def fund_wallet(self, wanted: Decimal, *, to_the_cent: bool = True) -> None:
        """Deposit what makes the balance before the event the wanted one."""
        before_event = self.book.facts[: self.event_from]
        spent = sum((fact.amount for fact in before_event), self.balance_before)
        deposit = wanted - spent
        if to_the_cent:
            deposit = deposit.quantize(CENT, ROUND_CEILING)
        require(deposit > 0)
        kind = "deposit" if self.rng.randint(1, 3) > 1 else "transfer_in"
        fact = Fact(self.deposit_at, kind, self.instrument, other=deposit)
        self.book.facts.insert(0, fact)
        self.event_from += 1
        self.wallet = spent + deposit

    def add_margin_later(self, share_percent: int, at_ms: int) -> None:
        """Let a share of the deposit arrive only at this instant before the event."""
        deposit = self.book.facts[0]
        added = (deposit.other * share_percent / 100).quantize(CENT, ROUND_CEILING)
        self.book.facts[0] = deposit._replace(other=deposit.other - added)
        earlier = [fact.at_ms <= at_ms for fact in self.book.facts[: self.event_from]]
        fact = Fact(
            at_ms,
            "transfer_in",
            self.instrument,
            other=added,
            size_before=self.book.size,
            size_after=self.book.size,
            entry=self.book.entry,
        )
        self.book.facts.insert(sum(earlier), fact)
        self.event_from += 1

    def level(self, wallet: Decimal, mark: Decimal) -> Decimal:
        """Equity over used margin of the open position."""
        equity = wallet + self.book.size * (mark - self.book.entry)
        return equity * self.leverage / (abs(self.book.size) * self.book.entry)
