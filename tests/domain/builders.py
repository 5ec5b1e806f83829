"""Small cases in the neutral grammar, to be varied by a test."""

import re
from typing import Any

from recovery.domain.cases.document import assess_case

CASH: dict[str, Any] = {
    "id": "T",
    "kind": "settlement",
    "product": "linear",
    "settle_asset": "USDT",
    "side": "long",
    "qty": "10",
    "entry_price": "100",
    "margin": "100",
    "events": [],
    "policy": {},
}


# Every reason a field may be refused for, in plain words.
REASONS = re.compile(
    r"missing(, the (fee schedule|share) needs it|, nothing is open to reduce)?"
    r"|less than min_qty|must be above 0 here|unknown key|contradicts (margin|qty)|before every entry of the trading fee schedule"
    r"|give either (decimals or step|qty or notional)"
    r"|not (a decimal string|a whole number|text|true or false|a list|an object"
    r"|one of .+|exactly one fill|a time as YYYY-MM-DDTHH:MM:SSZ)(: .*)?"
    r"|no such (time: .+|tier)|must (be above 0|not be above 1|not be negative): .+"
    r"|more than (what is open|was taken over|60|120 digits: .+)"
    r"|nothing is (open( to take over| to share by)?|owed|deposited)"
    r"|shares do not add up to 1: .+|named twice: .+|only of linear contracts"
    r"|tiers overlap or are not in order|no tier (given|holds this size)"
    r"|only notional_cap has limits"
    r"|no maintenance margin( to share the equity by)?|neither scaled nor ramped"
    r"|a transfer frees nothing|no previous mark is known|there is no bankruptcy price"
    r"|the position has no bankruptcy price"
)


def forced(qty: str, price: str, **keys: Any) -> dict[str, Any]:
    """A liquidation fill."""
    return {"type": "fill", "role": "liquidation", "qty": qty, "price": price, **keys}


def case_of(**keys: Any) -> dict[str, Any]:
    """A settlement case with keys replaced; a key set to None is left out."""
    case = CASH | keys
    return {key: value for key, value in case.items() if value is not None}


def values_of(**keys: Any) -> dict[str, Any]:
    """The values of a case; it must have some."""
    entry = assess_case(case_of(**keys))
    assert "values" in entry, entry
    values: dict[str, Any] = entry["values"]
    return values


def refused_field(**keys: Any) -> str:
    """The field that is refused in a case."""
    entry = assess_case(case_of(**keys))
    assert "error" in entry, entry
    field, _, reason = str(entry["error"]).partition(": ")
    assert REASONS.fullmatch(reason), reason
    return field


def unsupported_key(**keys: Any) -> str:
    """The key and value that are not modelled in a case."""
    entry = assess_case(case_of(**keys))
    assert "unsupported" in entry, entry
    return str(entry["unsupported"])
