"""One position typed by hand: where it is liquidated and what would be left.

Rests on the venue's policy in force; answered by the calculation core. Keeps nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from recovery.domain.cases.document import assess_case
from recovery.domain.errors import NotReadyError
from recovery.domain.money import format_amount
from recovery.domain.rulebook import PolicyTerm
from recovery.services.rules import RuleLoader

# What the core is asked for, in the order of the page: kind, its value, in words.
_ASKED = (
    ("liquidation_price", "liquidation_price", "Liquidated at"),
    ("bankruptcy_price", "bankruptcy_price", "Nothing is left at"),
    ("settlement", "pnl", "Result of the close"),
    ("settlement", "trading_fee", "Trading fee of the close"),
    ("settlement", "liquidation_fee", "Liquidation fee"),
    ("settlement", "residual", "Left for the customer"),
    ("settlement", "deficit", "Below zero"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedPosition:
    """A linear position, isolated or alone in its scope.

    Attributes:
        margin: Money in the scope, in the settlement asset.
        maintenance_rate: Share of the notional, 0.005 for 0.5 %.
        fee_rate: Taker rate of the close, likewise.
        close_price: What the whole position is closed at; None asks for the prices
            only.
    """

    venue: str
    side: str
    quantity: Decimal
    entry_price: Decimal
    margin: Decimal
    maintenance_rate: Decimal
    fee_rate: Decimal
    close_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PositionAnswer:
    """One figure of the answer, or why there is none."""

    label: str
    value: Decimal | None
    why_not: str = ""


def position_answers(typed: TypedPosition, *, now: datetime) -> list[PositionAnswer]:
    """What the core says of a position under the venue's policy in force.

    Raises:
        NotReadyError: Nobody wrote a policy for the venue.
    """
    terms = _policy(typed.venue, now).terms
    kinds = {kind for kind, _, _ in _ASKED}
    if typed.close_price is None:
        kinds.discard("settlement")
    entries = {kind: assess_case(_case(kind, typed, terms)) for kind in kinds}
    return [
        _answer(label, entries[kind], value)
        for kind, value, label in _ASKED
        if kind in entries
    ]


def _policy(venue: str, now: datetime) -> PolicyTerm:
    for term in RuleLoader().venue_book(venue).policies:
        if term.period.holds(now):
            return term
    raise NotReadyError(f"Nobody wrote a liquidation policy for {venue}.")


def _case(
    kind: str, typed: TypedPosition, terms: Mapping[str, object]
) -> dict[str, Any]:
    """The position in the case format."""
    written = {
        "qty": typed.quantity,
        "contract_size": Decimal(1),
        "entry_price": typed.entry_price,
        "mark_price": typed.entry_price,
        "margin": typed.margin,
        "maintenance_margin_rate": typed.maintenance_rate,
    }
    case: dict[str, Any] = {
        "id": "typed",
        "kind": kind,
        "product": "linear",
        "margin_mode": "isolated",
        "settle_asset": "USDT",
        "side": typed.side,
        "policy": {**terms, "trading_fee_rate": format_amount(typed.fee_rate)},
        **{name: format_amount(amount) for name, amount in written.items()},
    }
    if kind == "settlement" and typed.close_price is not None:
        close = {
            "type": "fill",
            "role": "liquidation",
            "qty": format_amount(typed.quantity),
            "price": format_amount(typed.close_price),
        }
        case["events"] = [close]
    return case


def _answer(label: str, entry: Mapping[str, Any], value: str) -> PositionAnswer:
    values = entry.get("values", {})
    if value in values:
        return PositionAnswer(label, Decimal(values[value]))
    why = entry.get("error") or entry.get("unsupported") or "not part of this policy"
    return PositionAnswer(label, None, str(why))
