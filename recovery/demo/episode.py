"""One whole event of one account: money in, position, event, and what came after."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from random import Random

from recovery.demo.book import ZERO, Book, Fact
from recovery.demo.market import INSTRUMENTS, Market
from recovery.demo.opening import leave_position, open_position
from recovery.demo.plan import HOUSE, Account, Planned
from recovery.demo.scenarios import SCENARIOS, dollars_wanted
from recovery.demo.stage import CENT, Stage, UnlikelyDrawError
from recovery.demo.times import HOUR_MS, MINUTE_MS
from recovery.demo.truth import Outcome

_TRIES_MAX = 400


class DemoStuckError(Exception):
    """No believable event was found for a scenario within the tries allowed."""


@dataclass(frozen=True, slots=True)
class Episode:
    """The facts of one episode in order, and the event inside it."""

    facts: list[Fact]
    outcome: Outcome
    balance_after: Decimal


@dataclass(frozen=True, slots=True)
class Player:
    """Plays the planned events of accounts in one market."""

    rng: Random
    market: Market

    def play(self, account: Account, event_ids: list[str]) -> list[Episode]:
        """Play all events planned for an account, each from where the last ended."""
        episodes: list[Episode] = []
        balance = ZERO
        for planned, event_id in zip(account.planned, event_ids, strict=True):
            is_last = planned is account.planned[-1]
            episode = self._find(account, planned, event_id, balance)
            episode = self._withdraw(episode, planned, is_last=is_last)
            episodes.append(episode)
            balance = episode.balance_after
        return episodes

    def _find(
        self, account: Account, planned: Planned, event_id: str, balance: Decimal
    ) -> Episode:
        for _ in range(_TRIES_MAX):
            stage = self._stage(account, planned, event_id, balance)
            try:
                return _attempt(stage, planned)
            except UnlikelyDrawError:
                continue
        message = f"{planned.scenario} on {account.number} at {planned.window}"
        raise DemoStuckError(message)

    def _stage(
        self, account: Account, planned: Planned, event_id: str, balance: Decimal
    ) -> Stage:
        instruments = [i for i in INSTRUMENTS if i.venue == account.venue]
        instrument = self.rng.choice(instruments)
        return Stage(
            rng=self.rng,
            market=self.market,
            account=account,
            window=planned.window,
            instrument=instrument,
            event_id=event_id if account.venue == HOUSE else "",
            balance_before=balance,
            book=Book(self.market, instrument),
        )

    def _withdraw(
        self, episode: Episode, planned: Planned, *, is_last: bool
    ) -> Episode:
        """Often the customer takes the rest away later, well after the event."""
        if is_last and self.rng.randint(1, 2) == 1:
            return episode
        taken = episode.balance_after.quantize(CENT, ROUND_FLOOR)
        if taken < 1:
            return episode
        last = episode.facts[-1]
        at_ms = planned.window.centre_ms + self.rng.randint(10, 14) * HOUR_MS
        at_ms += self.rng.randint(0, 55 * 60) * 1000
        kind = "withdrawal" if self.rng.randint(1, 2) == 1 else "transfer_out"
        fact = Fact(at_ms, kind, last.instrument, other=-taken)
        rest = episode.balance_after - taken
        return Episode([*episode.facts, fact], episode.outcome, rest)


def _attempt(stage: Stage, planned: Planned) -> Episode:
    open_position(stage, dollars_wanted(stage, planned))
    kind = SCENARIOS[planned.scenario](stage)
    event_facts = stage.event_facts
    credited = _credit(stage) if planned.scenario == "over" else ZERO
    if stage.book.size:
        hours_later = stage.rng.randint(3 * 60, 7 * 60) * MINUTE_MS
        leave_position(stage, stage.window.centre_ms + hours_later)
    last = event_facts[-1]
    facts = stage.book.facts
    outcome = Outcome(
        scenario=planned.scenario,
        kind=kind,
        event_id=stage.event_id,
        margin_mode=stage.account.margin_mode,
        leverage=stage.leverage,
        opening=stage.wallet,
        facts=tuple(event_facts),
        credits=credited,
        mark_at_close=stage.market.mark(stage.instrument, last.at_ms),
    )
    balance = sum((fact.amount for fact in facts), stage.balance_before)
    return Episode(facts, outcome, balance)


def _credit(stage: Stage) -> Decimal:
    """A goodwill-like credit or a fee rebate for an event that owed nothing more."""
    rng = stage.rng
    at_ms = stage.event_facts[-1].at_ms + rng.randint(60, 480) * MINUTE_MS
    amount = Decimal(rng.randint(350, 9000)).scaleb(-2)
    is_credit = rng.randint(1, 3) > 1
    kind = "credit" if is_credit else "adjustment"
    prefix = "PAY" if is_credit else "RB"
    payment = f"{prefix}-{rng.getrandbits(32):08X}"
    stage.book.move(at_ms, kind, amount, (payment, stage.event_id))
    return amount
