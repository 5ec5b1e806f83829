"""The document around the cases: liquidation-case/1 to liquidation-result/1.

Source: case format, sections 1 and 6.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from recovery.domain.case_errors import (
    CaseFieldError,
    CaseUnsupportedError,
    DocumentRefusedError,
)
from recovery.domain.cases.answer import Answer
from recovery.domain.cases.kinds import answer_case
from recovery.domain.money import format_amount
from recovery.domain.settlement_case import ResultValue, SettlementLine

CASE_SCHEMA = "liquidation-case/1"
RESULT_SCHEMA = "liquidation-result/1"
_DOCUMENT_KEYS = frozenset({"schema", "title", "count", "cases"})


class _JsonNumber:
    """A number that stood in the document without quotes; never an amount."""

    def __init__(self, text: str) -> None:
        """Keep the digits as written."""
        self.text = text

    def __str__(self) -> str:
        """The digits as written."""
        return self.text


def assess_document(text: str) -> dict[str, Any]:
    """The result document of a case document.

    Args:
        text: JSON, schema `liquidation-case/1`.

    Returns:
        One entry per case id with exactly one of values, unsupported, error.

    Raises:
        DocumentRefusedError: unreadable, another schema, a wrong count or a
            repeated id.
    """
    cases = _cases(_parsed(text))
    return {
        "schema": RESULT_SCHEMA,
        "results": {identity: assess_case(case) for identity, case in cases.items()},
    }


def assess_case(raw: object) -> dict[str, Any]:
    """The entry of one case: values and lines, or unsupported, or error."""
    try:
        answer = answer_case(raw)
    except CaseFieldError as refusal:
        return {"error": f"{refusal.field}: {refusal.reason}"}
    except CaseUnsupportedError as refusal:
        return {"unsupported": f"{refusal.key} {refusal.value}"}
    return result_entry(answer)


def result_entry(answer: Answer) -> dict[str, Any]:
    """An answer with every amount as a decimal string."""
    entry: dict[str, Any] = {"values": _spelt(answer.values)}
    if answer.lines:
        entry["lines"] = [_line_entry(line) for line in answer.lines]
    return entry


def _line_entry(line: SettlementLine) -> dict[str, str]:
    """One line of the waterfall."""
    entry = {
        "label": str(line.label),
        "asset": line.asset,
        "amount": format_amount(line.amount),
    }
    if line.event_index is not None:
        entry["event"] = str(line.event_index)
    return entry


def _spelt(value: ResultValue) -> Any:
    """A value as JSON: amounts as text, flags as they are."""
    if isinstance(value, Decimal):
        return format_amount(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _spelt(part) for key, part in value.items()}
    return [_spelt(part) for part in value]


def _parsed(text: str) -> object:
    """The JSON of a document; numbers keep their digits, keys are unique."""
    try:
        return json.loads(
            text,
            parse_float=_JsonNumber,
            parse_int=_JsonNumber,
            parse_constant=_JsonNumber,
            object_pairs_hook=_unique_keys,
        )
    except (ValueError, RecursionError) as broken:
        reason = f"the document is not readable JSON: {broken}"
        raise DocumentRefusedError(reason) from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys occur once."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise DocumentRefusedError(f"the key {repeated!r} is repeated in an object")
    return found


def _cases(document: object) -> dict[str, object]:
    """The cases of a document by their ids."""
    if not isinstance(document, dict):
        raise DocumentRefusedError("the document is not an object")
    unknown = sorted(document.keys() - _DOCUMENT_KEYS)
    if unknown:
        raise DocumentRefusedError(f"{unknown[0]}: unknown key")
    if document.get("schema") != CASE_SCHEMA:
        raise DocumentRefusedError(f"the schema is not {CASE_SCHEMA}")
    cases = document.get("cases")
    if not isinstance(cases, list):
        raise DocumentRefusedError("cases: not a list")
    if str(document.get("count")) != str(len(cases)):
        raise DocumentRefusedError(
            f"count says {document.get('count')}, the document has {len(cases)} cases"
        )
    return _by_id(cases)


def _by_id(cases: list[object]) -> dict[str, object]:
    """The cases by id, each once."""
    found: dict[str, object] = {}
    for index, case in enumerate(cases):
        identity = case.get("id") if isinstance(case, dict) else None
        if not isinstance(identity, str) or not identity:
            raise DocumentRefusedError(f"cases[{index}] has no id")
        if identity in found:
            raise DocumentRefusedError(f"the id {identity} is repeated")
        found[identity] = case
    return found
