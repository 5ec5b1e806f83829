"""How an answer is compared with an expected value (case format, section 7)."""

from decimal import Context, Decimal
from typing import Any

from recovery.domain.money import Rounding, RoundingMode, round_amount

RESIDUE = Decimal("1e-18")
_WIDE = Context(prec=400)


def differences(case: dict[str, Any], entry: dict[str, Any]) -> list[str]:
    """Every expectation of a case that the entry of the result does not meet."""
    if "expected_error" in case:
        field = entry.get("error", "").partition(": ")[0]
        wanted = case["expected_error"]
        return [] if field == wanted else [f"error {field!r}, expected {wanted!r}"]
    if "values" not in entry:
        return [str(entry)]
    rules = case.get("compare", {})
    return [
        f"{key}: {entry['values'].get(key)!r}, expected {wanted!r}"
        for key, wanted in case["expected"].items()
        if key not in entry["values"]
        or not agrees(entry["values"][key], wanted, rules.get(key) or rules.get("*"))
    ]


def agrees(answer: Any, wanted: Any, rule: dict[str, str] | None) -> bool:
    """Whether one answer agrees with one expected value."""
    if isinstance(wanted, dict):
        return all(
            key in answer and agrees(answer[key], part, rule)
            for key, part in wanted.items()
        )
    if isinstance(wanted, list):
        return len(answer) == len(wanted) and all(
            agrees(one, other, rule) for one, other in zip(answer, wanted, strict=True)
        )
    if isinstance(wanted, bool) or not _is_number(wanted):
        return bool(answer == wanted)
    return _is_number(answer) and _numbers_agree(Decimal(answer), Decimal(wanted), rule)


def _numbers_agree(
    answer: Decimal, wanted: Decimal, rule: dict[str, str] | None
) -> bool:
    """Rounded as printed, within a tolerance, or equal but for divisions."""
    if rule and "decimals" in rule:
        step = Decimal(1).scaleb(-int(rule["decimals"]))
        return (
            round_amount(answer, Rounding(step, RoundingMode(rule["mode"]))) == wanted
        )
    allowed = RESIDUE * max(Decimal(1), abs(wanted))
    if rule:
        allowed = Decimal(rule["tolerance"])
    return abs(_WIDE.subtract(answer, wanted)) <= allowed


def _is_number(value: Any) -> bool:
    """Whether a text is a decimal number rather than a word."""
    return isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdigit()
