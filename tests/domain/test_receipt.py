"""The receipt: the same inputs give the same text, any other input another one."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.domain.breaks import find_reason
from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.history import Entry
from recovery.domain.receipt import receipt_digest, write_receipt
from recovery.domain.rulebook import RuleBook
from tests.domain.house_entries import Book, found, liquidated, rules


def receipt_of(entries: list[Entry], book: RuleBook | None = None, **told: str) -> str:
    in_force = book or rules()
    ((window, opening, assessment),) = found(entries, in_force)
    names = {"reference": "LQ-1", "venue": "house", "account": "A-1"} | told
    return write_receipt(
        **names,
        window=window,
        opening=opening,
        rules=in_force,
        assessment=assessment,
        finding=find_reason(assessment),
    )


def story() -> Book:
    return liquidated([Decimal(900), Decimal(890)], overcharges=[Decimal(3)])


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, [object()], {1, 2}])
def test_what_is_no_plain_value_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


def test_the_same_rows_and_rules_give_the_same_receipt() -> None:
    assert receipt_of(story().entries) == receipt_of(story().entries)


def test_no_clock_stands_in_a_receipt() -> None:
    told = json.loads(receipt_of(story().entries))
    times = {told["event"]["started_at"], told["event"]["ended_at"]}
    instants = {entry.line.occurred_at.isoformat() for entry in story().entries}
    assert times <= instants
    assert "computed_at" not in json.dumps(told)


CHANGES: dict[str, Any] = {
    "an amount by the last digit": lambda line: {
        "amount": line.amount + Decimal("1e-18")
    },
    "a price": lambda line: {"price": line.price + Decimal("0.01")},
    "a size": lambda line: {"quantity": line.quantity + Decimal("0.001")},
    "an instant": lambda line: {
        "occurred_at": line.occurred_at.replace(microsecond=1000)
    },
    "a row number": lambda line: {"row_number": line.row_number + 1000},
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("place", [3, 6])
def test_a_changed_row_changes_the_digest(change: str, place: int) -> None:
    before = story().entries
    after = list(before)
    line = before[place].line
    after[place] = before[place]._replace(line=line._replace(**CHANGES[change](line)))

    assert receipt_digest(receipt_of(after)) != receipt_digest(receipt_of(before))


@pytest.mark.parametrize("field", ["file", "provenance"])
def test_another_file_or_provenance_changes_the_digest(field: str) -> None:
    before = story().entries
    after = [entry._replace(**{field: "other"}) for entry in before]
    assert receipt_of(after) != receipt_of(before)


@pytest.mark.parametrize("name", ["reference", "venue", "account"])
def test_another_name_changes_the_digest(name: str) -> None:
    entries = story().entries
    assert receipt_of(entries, **{name: "other"}) != receipt_of(entries)


def test_a_changed_rate_changes_the_digest() -> None:
    entries = story().entries
    assert receipt_of(entries, rules(Decimal("0.0006"))) != receipt_of(entries)


def test_another_clause_of_the_terms_changes_the_digest() -> None:
    entries = story().entries
    book = rules()
    fee = book.fees[0]._replace(terms_reference="Fees 2")
    other = RuleBook(book.policies, (fee,), book.tiers, book.instruments)
    assert receipt_of(entries, other) != receipt_of(entries)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, places=8),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(content=st.dictionaries(st.text(), VALUES))
def test_canonical_text_does_not_follow_the_order_of_keys(
    content: dict[str, Any],
) -> None:
    backwards = dict(reversed(content.items()))
    assert canonical_json(content) == canonical_json(backwards)
    assert digest_text(canonical_json(content)) == digest_text(
        canonical_json(backwards)
    )


@given(amount=st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_equal_amounts_have_one_text(amount: Decimal) -> None:
    padded = Decimal(f"{amount:f}000")
    assert canonical_json([amount]) == canonical_json([padded])
