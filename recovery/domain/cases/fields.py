"""Every key a case may carry, and how it is read.

Source: case format, sections 2 and 3.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.grammar import (
    Reader,
    anything,
    join,
    list_of,
    moment,
    number,
    number_above_zero,
    number_from_zero,
    record,
    share,
    text,
    value_of,
    word_of,
)
from recovery.domain.instruments import MarginMode, PositionSide, Product
from recovery.domain.ledger import Side
from recovery.domain.money import ONE
from recovery.domain.policy_reading import read_policy
from recovery.domain.settlement_case import (
    FeeRow,
    Fill,
    FillFee,
    FillRole,
    Funding,
    InterestCharge,
    MarkChange,
    OtherPosition,
    Takeover,
    Transfer,
)


class CaseKind(StrEnum):
    """What a case asks for."""

    SETTLEMENT = "settlement"
    STAGED_REDUCTION = "staged_reduction"
    PNL = "pnl"
    ADL = "adl"
    BANKRUPTCY_PRICE = "bankruptcy_price"
    LIQUIDATION_PRICE = "liquidation_price"
    MAINTENANCE_MARGIN = "maintenance_margin"
    MARGIN_LEVEL = "margin_level"
    REDUCTION_SIZE = "reduction_size"
    REDUCTION_LIMIT = "reduction_limit"
    FUNDING = "funding"
    INTEREST = "interest"
    COLLATERAL = "collateral"
    SPOT_MARGIN = "spot_margin"
    SPOT_SETTLEMENT = "spot_settlement"
    SOCIALISED_LOSS = "socialised_loss"
    ORDER_LIMIT_PRICE = "order_limit_price"
    FEE_RATE = "fee_rate"
    SPOT_TRANSFER = "spot_transfer"
    SPOT_PARTIAL_LIQUIDATION = "spot_partial_liquidation"
    DEPOSIT_INDEX_LOSS = "deposit_index_loss"


class _FillSide(StrEnum):
    """Direction a fill may state."""

    BUY = "buy"
    SELL = "sell"


class _EventType(StrEnum):
    """What an event is."""

    FILL = "fill"
    MARK = "mark"
    FUNDING = "funding"
    INTEREST = "interest"
    TRANSFER = "transfer"
    FEE = "fee"
    TAKEOVER = "takeover"


_read_fill_side = word_of(_FillSide)


def _fill_side(value: object, path: str) -> Side:
    """Direction of a fill as the ledger names it."""
    return Side(_read_fill_side(value, path))


_READ_FEE = value_of(
    FillFee,
    {
        "asset": text,
        "price": number_above_zero,
        "amount": number,
        "rate": number,
    },
    ("asset",),
)

_MOVED: dict[str, Reader] = {"amount": number}

# Event type -> value, its own keys, required ones.
_EVENTS: dict[_EventType, tuple[type, dict[str, Reader], tuple[str, ...]]] = {
    _EventType.FILL: (
        Fill,
        {
            "role": word_of(FillRole),
            "side": _fill_side,
            "qty": number_from_zero,
            "notional": number_from_zero,
            "price": number_above_zero,
            "trading_fee_rate": number,
            "fee": _READ_FEE,
        },
        (),
    ),
    _EventType.MARK: (MarkChange, {"price": number_above_zero}, ("price",)),
    _EventType.FUNDING: (
        Funding,
        {
            "amount": number,
            "rate": number,
            "reference_price": number_above_zero,
            "year_fraction": number_from_zero,
        },
        (),
    ),
    _EventType.INTEREST: (InterestCharge, _MOVED, ("amount",)),
    _EventType.TRANSFER: (Transfer, _MOVED, ("amount",)),
    _EventType.FEE: (
        FeeRow,
        {"amount": number, "asset": text, "price": number_above_zero},
        ("amount",),
    ),
    _EventType.TAKEOVER: (Takeover, {}, ()),
}

_read_event_type = word_of(_EventType)


def read_event(value: object, path: str) -> Any:
    """One event as the value the settlement takes."""
    if not isinstance(value, dict):
        raise CaseFieldError(path, "not an object")
    if "type" not in value:
        raise CaseFieldError(join(path, "type"), "missing")
    build, keys, needed = _EVENTS[_read_event_type(value["type"], join(path, "type"))]
    fields = record(
        {"type": anything, "time": moment, "stage": number, **keys}, needed
    )(value, path)
    del fields["type"]
    if "time" in fields:
        fields["occurred_at"] = fields.pop("time")
    if {"qty", "notional"} <= fields.keys():
        raise CaseFieldError(join(path, "notional"), "give either qty or notional")
    return build(**fields)


_read_side = word_of(PositionSide)

_READ_OTHER = value_of(
    OtherPosition,
    {
        "symbol": text,
        "side": _read_side,
        "qty": number_from_zero,
        "contract_size": number_above_zero,
        "entry_price": number_above_zero,
        "mark_price": number_above_zero,
        "maintenance_margin_rate": number_from_zero,
        "maintenance_amount": number,
    },
    ("side", "qty"),
)

_READ_COUNTERPARTY = record(
    {
        "side": _read_side,
        "qty": number_from_zero,
        "quote_balance": number,
        "entry_price": number_above_zero,
        "margin": number,
    },
    ("side",),
)

_ASSET_PRICE = record({"asset": text, "price": number_above_zero}, ("asset", "price"))

_COLLATERAL = record(
    {
        "asset": text,
        "qty": number_from_zero,
        "price": number_above_zero,
        "fill_price": number_above_zero,
        "haircut": share,
    },
    ("asset", "qty"),
)

_DEBT = record(
    {
        "asset": text,
        "principal": number_from_zero,
        "interest": number_from_zero,
        "price": number_above_zero,
    },
    ("asset", "principal"),
)

_BALANCE = record(
    {
        "asset": text,
        "collateral": number_from_zero,
        "debt": number_from_zero,
        "price": number_above_zero,
        "risk_based_liquidation_ratio": share,
    },
    ("asset",),
)

_LOSER = record(
    {
        "party": text,
        "owed": number_from_zero,
        "funds": number_from_zero,
        "qty": number_from_zero,
    },
    ("party", "owed", "funds"),
)
_WINNER = record(
    {"party": text, "due": number_from_zero, "qty": number_from_zero},
    ("party", "due"),
)
_HOLDER = record({"party": text, "qty": number_from_zero}, ("party", "qty"))

_SPOT_SIDE_KEYS: dict[str, Reader] = {
    "symbol": text,
    "asset": text,
    "qty": number_from_zero,
    "price": number_above_zero,
    "weight": number_from_zero,
    "multiplier": number_above_zero,
}
_SPOT_SIDE = record(_SPOT_SIDE_KEYS)

_SIZES = (
    "qty",
    "close_qty",
    "notional",
    "open_interest_long",
    "open_interest_short",
    "liability_transfer",
    "asset_amount",
    "asset_available",
    "liability_amount",
    "liability_qty",
    "slots_elapsed",
    "total_deposits",
    "loss",
    "insurance_fund",
    "borrowed",
    "hours",
    "debt",
    "assets",
    "asset_value",
    "maintenance_margin_rate",
    "initial_margin_rate",
    "used_margin",
    "maintenance_margin",
    "collateral_ratio",
    "used_margin_per_unit",
    "fee_per_unit",
    "slippage_per_unit",
    "asset_weight",
    "liability_weight",
)
_PRICES = (
    "contract_size",
    "entry_price",
    "mark_price",
    "leverage",
    "bankruptcy_price",
    "quote_asset_price",
    "conversion_factor",
    "asset_price",
    "liability_price",
    "asset_liquidation_multiplier",
    "liability_liquidation_multiplier",
    "deposit_index",
)
_AMOUNTS = (
    "margin",
    "quote_balance",
    "available_balance",
    "maintenance_amount",
    "equity",
    "unrealised_pnl",
    "negative_balance",
    "margin_shortage",
    "interest",
)
_FOR_PEOPLE = (
    "source",
    "expected",
    "expected_error",
    "basis",
    "compare",
    "verified",
    "note",
)

CASE_FIELDS: dict[str, Reader] = {
    "id": text,
    "kind": word_of(CaseKind),
    "venue": text,
    "symbol": text,
    "policy": read_policy,
    "product": word_of(Product),
    "margin_mode": word_of(MarginMode),
    "settle_asset": text,
    "side": _read_side,
    "other_positions": list_of(_READ_OTHER),
    "events": list_of(read_event),
    "counterparty": _READ_COUNTERPARTY,
    "collateral_asset": _ASSET_PRICE,
    "collateral": list_of(_COLLATERAL),
    "debts": list_of(_DEBT),
    "balances": list_of(_BALANCE),
    "losers": list_of(_LOSER),
    "winners": list_of(_WINNER),
    "holders": list_of(_HOLDER),
    "asset": _SPOT_SIDE,
    "liability": _SPOT_SIDE,
    **dict.fromkeys(_SIZES, number_from_zero),
    **dict.fromkeys(_PRICES, number_above_zero),
    **dict.fromkeys(_AMOUNTS, number),
    **dict.fromkeys(_FOR_PEOPLE, anything),
}

_read_case = record(CASE_FIELDS, ("kind", "product", "policy"))


class CaseFields:
    """The keys of one case, read and checked, with access by name."""

    def __init__(self, raw: object) -> None:
        """Read every key.

        Raises:
            CaseFieldError: a key or a value the format does not know.
        """
        self._fields: dict[str, Any] = _read_case(raw, "")

    def get(self, key: str) -> Any:
        """The value of a key, None where it is absent."""
        return self._fields.get(key)

    def need(self, key: str) -> Any:
        """The value of a key.

        Raises:
            CaseFieldError: it is missing.
        """
        if key not in self._fields:
            raise CaseFieldError(key, "missing")
        return self._fields[key]

    def has(self, *keys: str) -> bool:
        """Whether all keys are given."""
        return all(key in self._fields for key in keys)

    @property
    def contract_size(self) -> Decimal:
        """Contract size; 1 by default."""
        size: Decimal = self._fields.get("contract_size", ONE)
        return size
