"""What a pile of ledger lines adds up to: by operation, by instrument, by wallet.

For lines that belong to no event yet. Amounts are signed from the customer's side.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from recovery.domain.ledger import ZERO, LedgerLine, LedgerRole
from recovery.domain.money import exact

_REALISED = frozenset({LedgerRole.PNL, LedgerRole.ADL})
_INSURANCE = frozenset({LedgerRole.INS, LedgerRole.CLAW})


class OperationSum(NamedTuple):
    """All lines of one operation and asset."""

    operation: str
    role: LedgerRole
    asset: str
    lines: int
    amount: Decimal


@dataclass(slots=True)
class InstrumentSum:
    """What one instrument did to one asset; the parts sum to `net` exactly."""

    instrument: str
    asset: str
    realised: Decimal = ZERO
    funding: Decimal = ZERO
    fees: Decimal = ZERO
    insurance: Decimal = ZERO
    other: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Everything together."""
        with exact():
            parts = self.realised + self.funding + self.fees
            return parts + self.insurance + self.other


class Verdict(StrEnum):
    """How a replayed balance stands to a stated one."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"  # Nothing is stated to hold it against.


@dataclass(frozen=True, slots=True)
class WalletReplay:
    """The balance of one account and asset, replayed from its first line.

    Attributes:
        baseline: Before the first line: as given, else as the first running balance
            tells; None where neither does.
        stated: After the last line: as given, else the last running balance.
        repeats_baseline: A transfer of exactly the baseline stands in the lines, so
            that it may be counted twice.
    """

    account: str
    asset: str
    baseline: Decimal | None
    moved: Decimal
    stated: Decimal | None
    repeats_baseline: bool

    @property
    def expected(self) -> Decimal | None:
        """Baseline + everything that moved."""
        with exact():
            return None if self.baseline is None else self.baseline + self.moved

    @property
    def difference(self) -> Decimal | None:
        """Stated - expected; negative: less is there than the lines lead to."""
        if self.expected is None or self.stated is None:
            return None
        with exact():
            return self.stated - self.expected

    @property
    def verdict(self) -> Verdict:
        """Whether both agree."""
        if self.difference is None:
            return Verdict.UNKNOWN
        return Verdict.MATCH if self.difference == ZERO else Verdict.MISMATCH


def operation_sums(lines: Iterable[LedgerLine]) -> list[OperationSum]:
    """Lines by operation, role and asset, the most frequent first."""
    found: dict[tuple[str, LedgerRole, str], list[Decimal]] = defaultdict(list)
    for line in lines:
        found[line.operation, line.role, line.asset].append(line.amount)
    with exact():
        sums = [
            OperationSum(*key, len(amounts), sum(amounts, ZERO))
            for key, amounts in found.items()
        ]
    return sorted(sums, key=lambda one: (-one.lines, one.operation, one.asset))


def instrument_sums(lines: Iterable[LedgerLine]) -> list[InstrumentSum]:
    """Lines that name an instrument, by instrument and asset."""
    found: dict[tuple[str, str], InstrumentSum] = {}
    with exact():
        for line in lines:
            if line.instrument:
                key = (line.instrument, line.asset)
                _add(found.setdefault(key, InstrumentSum(*key)), line)
    return [found[key] for key in sorted(found)]


def _add(total: InstrumentSum, line: LedgerLine) -> None:
    total.fees += line.fee_amount + line.liquidation_fee_amount
    total.funding += line.funding_amount
    amount = line.principal_amount
    if line.role in _REALISED:
        total.realised += amount
    elif line.role == LedgerRole.FUND:
        total.funding += amount
    elif line.role in {LedgerRole.FEE, LedgerRole.LIQFEE}:
        total.fees += amount
    elif line.role in _INSURANCE:
        total.insurance += amount
    else:
        total.other += amount


def wallet_replays(
    lines: Sequence[LedgerLine],
    *,
    baselines: Mapping[str, Decimal] | None = None,
    stated: Mapping[str, Decimal] | None = None,
) -> list[WalletReplay]:
    """Replay every account and asset.

    Args:
        lines: Oldest first.
        baselines: What an asset stood at before the first line, where it is known.
        stated: What it stands at after the last one, where it is known.
    """
    wallets: dict[tuple[str, str], list[LedgerLine]] = defaultdict(list)
    for line in lines:
        wallets[line.account, line.asset].append(line)
    with exact():
        return [
            _replay(
                account,
                asset,
                own,
                (baselines or {}).get(asset),
                (stated or {}).get(asset),
            )
            for (account, asset), own in sorted(wallets.items())
        ]


def _replay(
    account: str,
    asset: str,
    lines: Sequence[LedgerLine],
    baseline: Decimal | None,
    stated: Decimal | None,
) -> WalletReplay:
    first, last = lines[0], lines[-1]
    given = baseline
    if baseline is None and first.balance_after is not None:
        baseline = first.balance_after - first.amount
    return WalletReplay(
        account=account,
        asset=asset,
        baseline=baseline,
        moved=sum((line.amount for line in lines), ZERO),
        stated=last.balance_after if stated is None else stated,
        repeats_baseline=any(
            line.role == LedgerRole.XFER and line.amount == given for line in lines
        ),
    )
