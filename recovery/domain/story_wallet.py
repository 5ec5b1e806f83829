"""The rows of one wallet as lines of a story: what they moved, label by label."""

from collections.abc import Iterable
from decimal import Decimal

from recovery.domain.ledger import ZERO, LedgerLine, LedgerRole
from recovery.domain.story import LineFacts

_LABELS = {
    LedgerRole.XFER: "transfer",
    LedgerRole.PNL: "realised_pnl",
    LedgerRole.FEE: "trading_fee",
    LedgerRole.LIQFEE: "liquidation_fee",
    LedgerRole.FUND: "funding",
    LedgerRole.INT: "interest",
    LedgerRole.SOLD: "conversion",
    LedgerRole.BOUGHT: "conversion",
    LedgerRole.CONV: "conversion",
    LedgerRole.CREDIT: "credit",
    LedgerRole.UNKNOWN: "unknown",
}


def wallet_lines(lines: Iterable[LedgerLine], baseline: Decimal) -> list[LineFacts]:
    """What the wallet held before, and every part of every row, with its label."""
    told = [_fact("opening_balance", baseline)]
    for line in lines:
        told += [
            _fact(_label(line), line.principal_amount),
            _fact("trading_fee", line.fee_amount),
            _fact("funding", line.funding_amount),
            _fact("liquidation_fee", line.liquidation_fee_amount),
        ]
    return [one for one in told if one.recorded]


def _fact(label: str, amount: Decimal) -> LineFacts:
    return LineFacts(label, amount, amount, "recorded")


def _label(line: LedgerLine) -> str:
    if line.role is LedgerRole.INS:
        is_taken = line.principal_amount < ZERO
        return "surplus_taken" if is_taken else "cover_received"
    return _LABELS.get(line.role, "other")
