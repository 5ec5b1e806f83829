"""How many typical events one core settles in a second.

A typical event: an isolated linear position, three liquidation fills, one
funding, trading fees and a liquidation fee. Every round builds new values, as
the assessment of ledger rows does, and checks the invariants.

    python -m benchmarks.core_bench [seconds]
"""

import sys
import time
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.instruments import PositionSide, Product
from recovery.domain.policy import Policy
from recovery.domain.policy_reading import parse_policy
from recovery.domain.settlement import (
    Fill,
    FillRole,
    Funding,
    Scope,
    Settlement,
    SettlementCase,
    settle,
)

BATCH = 1000
NANOSECONDS = 1_000_000_000


def typical_policy() -> Policy:
    """Taker fee and a liquidation fee; the surplus is the customer's."""
    return parse_policy(
        {
            "trading_fee_rate": "0.0005",
            "liquidation_fee": {"rule": "rate_of_notional", "rate": "0.005"},
            "surplus_to": "customer",
            "deficit_to": ["insurance_fund"],
        }
    )


def settle_typical(policy: Policy, number: int) -> Settlement:
    """Settle one event; the number makes each a little different."""
    size = Decimal(9000 + number) / 1000
    third = size / 4
    forced = FillRole.LIQUIDATION
    events = (
        Fill(Decimal("30110.5"), third, forced),
        Funding(rate=Decimal("0.0001"), reference_price=Decimal("30105.25")),
        Fill(Decimal("30090.1"), third, forced),
        Fill(Decimal("30042.7"), size - 2 * third, forced),
    )
    scope = Scope(
        product=Product.LINEAR,
        side=PositionSide.LONG,
        qty=size,
        contract_size=Decimal("0.01"),
        entry_price=Decimal("31500.25"),
        margin=Decimal("315.0025"),
        settle_asset="USDT",
    )
    return settle(SettlementCase(scope, events, policy))


class Measured(NamedTuple):
    """Events settled, the processor seconds they took, the quickest batch."""

    events: int
    seconds: Decimal
    best_batch_seconds: Decimal

    @property
    def mean_rate(self) -> int:
        """Events per second over the whole run."""
        return int(self.events / self.seconds)

    @property
    def best_rate(self) -> int:
        """Events per second of the batch least disturbed by neighbours."""
        return int(BATCH / self.best_batch_seconds)


def measure(seconds: Decimal) -> Measured:
    """Settle batches until the processor seconds are used up."""
    policy, events = typical_policy(), 0
    total, best = Decimal(0), Decimal(BATCH)
    while total < seconds:
        started = time.process_time_ns()
        for number in range(BATCH):
            settle_typical(policy, number)
        batch = Decimal(time.process_time_ns() - started) / NANOSECONDS
        events, total, best = events + BATCH, total + batch, min(best, batch)
    return Measured(events, total, best)


def main() -> None:
    """Print the rates."""
    measured = measure(Decimal(sys.argv[1]) if len(sys.argv) > 1 else Decimal(3))
    sys.stdout.write(
        f"core: {measured.events} events in {measured.seconds:.2f} processor seconds,"
        f" mean {measured.mean_rate}/s, best batch {measured.best_rate}/s\n"
    )


if __name__ == "__main__":
    main()
