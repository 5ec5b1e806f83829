"""How many typical events one core settles in a second.

A typical event: an isolated linear position, three liquidation fills, one
funding, trading fees and a liquidation fee. Every round builds new values, as
the assessment of ledger rows does, and checks the invariants.

    python -m benchmarks.core_bench [seconds] [--profile]

The rate is the median over batches of a thousand, in processor time of this one
process, so that a neighbour on the machine changes it least.
"""

import argparse
import cProfile
import pstats
import statistics
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
PROFILED = 3
LINES = 20
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
    """Processor seconds that each batch of events took."""

    batches: tuple[Decimal, ...]

    @property
    def events(self) -> int:
        """Events settled."""
        return BATCH * len(self.batches)

    @property
    def median_rate(self) -> int:
        """Events per second of the middle batch."""
        return int(BATCH / statistics.median(self.batches))

    @property
    def best_rate(self) -> int:
        """Events per second of the batch least disturbed by neighbours."""
        return int(BATCH / min(self.batches))


def settle_batch(policy: Policy) -> Decimal:
    """Settle one batch; the processor seconds it took."""
    started = time.process_time_ns()
    for number in range(BATCH):
        settle_typical(policy, number)
    return Decimal(time.process_time_ns() - started) / NANOSECONDS


def measure(seconds: Decimal) -> Measured:
    """Settle batches until the processor seconds are used up; one to warm up."""
    policy, batches = typical_policy(), []
    settle_batch(policy)
    while sum(batches, Decimal(0)) < seconds:
        batches.append(settle_batch(policy))
    return Measured(tuple(batches))


def print_profile() -> None:
    """Print where the time goes, by the time spent in each function itself."""
    policy, profile = typical_policy(), cProfile.Profile()
    profile.enable()
    for _ in range(PROFILED):
        settle_batch(policy)
    profile.disable()
    pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(LINES)


def main() -> None:
    """Print the rates, and the profile where it is asked for."""
    parser = argparse.ArgumentParser(prog="core_bench")
    parser.add_argument("seconds", nargs="?", type=Decimal, default=Decimal(3))
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    measured = measure(options.seconds)
    sys.stdout.write(
        f"core: {measured.events} events in {sum(measured.batches):.2f} processor"
        f" seconds, median {measured.median_rate}/s, best batch"
        f" {measured.best_rate}/s\n"
    )
    if options.profile:
        print_profile()


if __name__ == "__main__":
    main()
