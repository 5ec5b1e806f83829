"""Small cases in the neutral grammar, to be varied by a test."""

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
    return str(entry["error"]).partition(": ")[0]


def unsupported_key(**keys: Any) -> str:
    """The key and value that are not modelled in a case."""
    entry = assess_case(case_of(**keys))
    assert "unsupported" in entry, entry
    return str(entry["unsupported"])
