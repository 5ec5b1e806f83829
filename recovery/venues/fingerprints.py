"""What makes a row the same row in another file."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from hashlib import blake2b
from operator import itemgetter

from recovery.domain.ledger import LedgerLine
from recovery.domain.money import format_amount
from recovery.venues.file_rules import IdentityRule

DIGEST_BYTES = 16
_SEPARATOR = "\x1f"


def line_fingerprint(line: LedgerLine) -> bytes:
    """Sixteen bytes that are equal for equal rows, wherever they stand.

    The venue's own row id, when there is one, is the identity within its account.
    Otherwise everything that tells the row apart counts, except its row number;
    equal rows of one file are real and are told apart by their ordinal.
    """
    if line.source_id:
        text = f"id{_SEPARATOR}{line.account}{_SEPARATOR}{line.source_id}"
        return blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()
    numbers = (
        line.amount, line.fee_amount, line.funding_amount, line.liquidation_fee_amount,
        line.quantity, line.price, line.mark_price, line.entry_price,
        line.position_after, line.balance_after,
    )  # fmt: skip
    return _digest(
        (
            "row",
            line.account,
            line.occurred_at.isoformat(),
            line.asset,
            line.operation,
            line.instrument,
            line.side,
            line.order_id,
            line.event_reference,
            *("" if one is None else format_amount(one) for one in numbers),
        )
    )


def fingerprint_by(rule: IdentityRule | None) -> Callable[[LedgerLine], bytes]:
    """How rows of a layout get their fingerprint.

    Args:
        rule: for a layout whose rows come in files that share no id: only what all
            of these tell alike counts, and an id does not.
    """
    if rule is None:
        return line_fingerprint
    places = [LedgerLine._fields.index(name) for name in rule.fields]
    # One more place makes the picked values a tuple even of a single field.
    pick = itemgetter(*places, LedgerLine._fields.index("account"))
    to_minute = rule.to == "minute"

    def fingerprint(line: LedgerLine) -> bytes:
        at = line.occurred_at.replace(microsecond=0)
        if to_minute:
            at = at.replace(second=0)
        return _digest(("same", at.isoformat(), *map(_told, pick(line))))

    return fingerprint


def _told(value: object) -> str:
    if isinstance(value, Decimal):
        return format_amount(value)
    return "" if value is None else str(value)


class Ordinals:
    """Counts equal rows within one file: the first is 0, its equal 1, and so on."""

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def next(self, fingerprint: bytes) -> int:
        """The ordinal of one more row with this fingerprint."""
        ordinal = self._seen[fingerprint]
        self._seen[fingerprint] = ordinal + 1
        return ordinal


def _digest(parts: tuple[str, ...]) -> bytes:
    text = _SEPARATOR.join(parts)
    return blake2b(text.encode("utf-8"), digest_size=DIGEST_BYTES).digest()
