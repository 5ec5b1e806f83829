"""The document around the cases: what is refused as a whole, what is answered."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.case_errors import (
    CaseFieldError,
    CaseUnsupportedError,
    DocumentRefusedError,
    InvariantBrokenError,
)
from recovery.domain.cases.document import assess_case, assess_document
from recovery.domain.instruments import Product
from recovery.domain.money import ONE, ZERO, exact
from recovery.domain.policy import Policy
from recovery.domain.policy_reading import parse_policy
from recovery.domain.settlement import (
    Scope,
    SettlementCase,
    check_money,
    replay,
    settle,
)
from tests.domain.builders import case_of, forced


def document(**keys: Any) -> str:
    """A document with one case, with keys replaced."""
    whole = {
        "schema": "liquidation-case/1",
        "title": "T",
        "count": 1,
        "cases": [case_of()],
    }
    return json.dumps(whole | keys)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not readable JSON"),
        ("{", "not readable JSON"),
        ("[" * 100_000, "not readable JSON"),
        ("[]", "not an object"),
        ('{"schema": "a", "schema": "b"}', "'schema' is repeated"),
        (document(schema="liquidation-case/2"), "schema is not liquidation-case/1"),
        (document(schema=None), "schema is not"),
        (document(note="x"), "note: unknown key"),
        (document(cases={}), "cases: not a list"),
        (document(count=2), "count says 2, the document has 1"),
        (document(count=None), "count says None"),
        (document(cases=[5]), "cases[0] has no id"),
        (document(cases=[{"id": ""}]), "cases[0] has no id"),
        (document(cases=[{"id": 7}]), "cases[0] has no id"),
        (document(count=2, cases=[case_of(), case_of()]), "the id T is repeated"),
    ],
)
def test_document_is_refused_as_a_whole(text: str, reason: str) -> None:
    with pytest.raises(DocumentRefusedError) as refusal:
        assess_document(text)
    assert reason in refusal.value.reason


@pytest.mark.parametrize("count", [1, "1"])
def test_count_may_be_a_number_or_its_text(count: object) -> None:
    assert assess_document(document(count=count))["schema"] == "liquidation-result/1"


@pytest.mark.parametrize("number", ["1", "1.5", "1e400", "NaN", "-Infinity"])
def test_json_number_is_no_amount(number: str) -> None:
    text = document().replace('"100"', number)
    error = assess_document(text)["results"]["T"]["error"]
    assert error.startswith("entry_price: not a decimal string: ")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        ([], "a list"),
        ({}, "an object"),
        ("x" * 99, "x"),
    ],
)
def test_offending_value_is_shown_briefly(value: object, shown: str) -> None:
    error = assess_case(case_of() | {"qty": value})["error"]
    assert error.startswith(f"qty: not a decimal string: {shown}")
    assert len(error) < 120


def test_lines_name_their_event() -> None:
    funding = {"type": "funding", "amount": "-1"}
    events = [forced("10", "95"), funding]
    entry = assess_document(document(cases=[case_of(events=events)]))["results"]["T"]
    assert entry["lines"] == [
        {"label": "opening_balance", "asset": "USDT", "amount": "100"},
        {"label": "realised_pnl", "asset": "USDT", "amount": "-50", "event": "0"},
        {"label": "funding", "asset": "USDT", "amount": "-1", "event": "1"},
        {"label": "closing_balance", "asset": "USDT", "amount": "49"},
    ]


def test_late_rows_still_move_the_residual() -> None:
    rows: list[dict[str, Any]] = [
        {"type": "fee", "amount": "-5"},
        {"type": "interest", "amount": "-1"},
    ]
    entry = assess_case(case_of(events=[forced("10", "95"), *rows]))
    assert entry["values"]["residual"] == "44"
    assert entry["values"]["equity_before_fees"] == "49"


def test_lines_are_left_out_where_the_balance_is_not_known() -> None:
    keys: dict[str, Any] = {"entry_price": None, "margin": None}
    takeover = case_of(bankruptcy_price="90", events=[{"type": "takeover"}], **keys)
    assert "lines" not in assess_case(takeover)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=8) | st.just("1"),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["events", "policy", "type", "qty", "side"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_case_is_answered_in_one_of_three_ways(raw: Any) -> None:
    keys = raw if isinstance(raw, dict) else {"events": raw}
    entry = assess_case(case_of() | keys)
    assert len(entry.keys() & {"values", "unsupported", "error"}) == 1


def test_errors_carry_their_fields() -> None:
    assert CaseFieldError("qty", "missing").field == "qty"
    assert CaseUnsupportedError("kind", "x").key == "kind"
    broken = InvariantBrokenError("sum of the lines", 5)
    assert str(broken) == "sum of the lines is off by 5"
    assert broken.code == "invariant_broken"


def test_money_that_does_not_close_is_a_defect() -> None:
    scope = Scope(product=Product.LINEAR, side=None, qty=ZERO, margin=ONE)
    with exact():
        state = replay(SettlementCase(scope, (), Policy()))
        check_money(state)
        state.wallet += ONE
        with pytest.raises(InvariantBrokenError) as broken:
            check_money(state)
    assert broken.value.invariant == "cash of the scope"


def test_settlement_of_unknown_money_is_refused() -> None:
    scope = Scope(product=Product.LINEAR, side=None, qty=ZERO)
    with pytest.raises(CaseFieldError) as refusal:
        settle(SettlementCase(scope, (), Policy()))
    assert refusal.value.field == "margin"
    keys: dict[str, Any] = {"margin": None, "bankruptcy_price": "90"}
    error = assess_case(case_of(events=[forced("10", "95")], **keys))["error"]
    assert error == "margin: missing"


def test_policy_is_read_by_itself() -> None:
    assert parse_policy({}) == Policy()
    policy = parse_policy({"surplus_to": "insurance_fund", "cover_booked": False})
    assert policy.surplus_to[0][0] == "insurance_fund"
    with pytest.raises(CaseFieldError) as refusal:
        parse_policy({"settle_per": "x"}, "terms")
    assert refusal.value.field == "terms.settle_per"
