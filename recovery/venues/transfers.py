"""Own transfers that stand twice: once in each wallet, or once in each file."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.ledger import LedgerLine, LedgerRole

WINDOW = timedelta(seconds=5)  # Both sides are booked within moments.


class TransferPair(NamedTuple):
    """What left one wallet and came to another of the same owner."""

    out: LedgerLine
    into: LedgerLine


def transfer_pairs(
    lines: Iterable[LedgerLine], window: timedelta = WINDOW
) -> tuple[list[TransferPair], list[LedgerLine]]:
    """Own transfers in pairs, and those whose other side is not there.

    Two rows are one transfer when asset and size are equal, the signs are opposite,
    the accounts differ and they lie within the window. Each row is used once, the
    nearest in time first.

    Args:
        lines: of all wallets of one owner, in any order.
        window: how far apart the two sides may be.
    """
    out: dict[tuple[str, Decimal], list[LedgerLine]] = defaultdict(list)
    into: list[LedgerLine] = []
    for line in lines:
        if line.role is not LedgerRole.XFER or not line.amount:
            continue
        if line.amount < 0:
            out[line.asset, -line.amount].append(line)
        else:
            into.append(line)
    pairs = [_pair(line, out[line.asset, line.amount], window) for line in into]
    alone = [line for line, pair in zip(into, pairs, strict=True) if pair is None]
    return [pair for pair in pairs if pair], [
        *alone,
        *(x for xs in out.values() for x in xs),
    ]


def _pair(
    into: LedgerLine, candidates: list[LedgerLine], window: timedelta
) -> TransferPair | None:
    """The nearest other side, which is then taken out of the candidates."""
    near = [
        line
        for line in candidates
        if line.account != into.account
        and abs(line.occurred_at - into.occurred_at) <= window
    ]
    if not near:
        return None
    best = min(near, key=lambda line: abs(line.occurred_at - into.occurred_at))
    candidates.remove(best)
    return TransferPair(best, into)
