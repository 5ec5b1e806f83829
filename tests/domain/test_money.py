"""Amounts in, amounts out, rounding and sharing."""

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.money import (
    AmountUnreadableError,
    Rounding,
    RoundingMode,
    divide,
    exact,
    format_amount,
    parse_amount,
    round_amount,
    round_up,
    split_exactly,
)

amounts = st.decimals(
    min_value=Decimal("-1e20"),
    max_value=Decimal("1e20"),
    places=18,
    allow_nan=False,
    allow_infinity=False,
)
modes = st.sampled_from(RoundingMode)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        " 1",
        "1 ",
        "1,000",
        "1_000",
        ".5",
        ".",
        "-",
        "--1",
        "1..2",
        "1e",
        "1e5.0",
        "1e31",
        "1e-31",
        "1e-19",
        "1e999",
        "NaN",
        "Infinity",
        "0x10",
        "\u0661\u0662",
        "\uff11",
        "1\n",
        "1" * 39,
        "0." + "0" * 18 + "1",
        "0" * 200,
    ],
)
def test_text_that_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AmountUnreadableError) as refusal:
        parse_amount(text)
    assert refusal.value.code == "amount_unreadable"
    assert refusal.value.reason


@pytest.mark.parametrize("value", [1.5, 1, None, Decimal(1), b"1"])
def test_value_that_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(AmountUnreadableError):
        parse_amount(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("0.", "0"),
        ("007", "7"),
        ("+1.50", "1.5"),
        ("1E-8", "0.00000001"),
        ("-1.5e+3", "-1500"),
        ("0E-30", "0"),
        ("1.10" + "0" * 20, "1.1"),
        ("9" * 38 + "." + "9" * 18, "9" * 38 + "." + "9" * 18),
    ],
)
def test_amount_is_read_and_written_plainly(text: str, plain: str) -> None:
    assert format_amount(parse_amount(text)) == plain


@given(amounts)
def test_amount_written_and_read_again_is_the_same(amount: Decimal) -> None:
    text = format_amount(amount)
    assert parse_amount(text) == amount
    assert "E" not in text
    assert text != "-0"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        amount = parse_amount(text)
    except AmountUnreadableError:
        return
    assert text.isascii()
    assert amount.is_finite()


@pytest.mark.parametrize(
    ("mode", "up", "down", "tie"),
    [
        ("half_up", "2", "1", "2"),
        ("half_even", "2", "1", "2"),
        ("down", "1", "1", "1"),
        ("up", "2", "2", "2"),
        ("floor", "1", "1", "1"),
        ("ceiling", "2", "2", "2"),
    ],
)
@pytest.mark.parametrize("step", ["1", "0.1", "100", "7", "0.25"])
def test_rounding_goes_where_the_mode_says(
    mode: str, up: str, down: str, tie: str, step: str
) -> None:
    unit, rule = Decimal(step), Rounding(Decimal(step), RoundingMode(mode))
    for part, expected in (("1.51", up), ("1.49", down), ("1.5", tie)):
        assert round_amount(Decimal(part) * unit, rule) == Decimal(expected) * unit


def test_negative_amounts_round_by_their_own_direction() -> None:
    tenth = Decimal("-1.25")
    expected = {
        "half_up": "-1.3",
        "half_even": "-1.2",
        "down": "-1.2",
        "up": "-1.3",
        "floor": "-1.3",
        "ceiling": "-1.2",
    }
    for mode, rounded in expected.items():
        rule = Rounding(Decimal("0.1"), RoundingMode(mode))
        assert round_amount(tenth, rule) == Decimal(rounded)


def test_amount_on_the_grid_stays() -> None:
    assert round_amount(Decimal(21), Rounding(Decimal(7), RoundingMode.UP)) == 21
    assert round_amount(Decimal("0.123"), None) == Decimal("0.123")


@given(amounts, st.sampled_from(["1", "0.01", "0.5", "3", "0.007"]), modes)
def test_rounding_moves_less_than_a_step_and_stays_when_repeated(
    amount: Decimal, step: str, mode: RoundingMode
) -> None:
    rule = Rounding(Decimal(step), mode)
    rounded = round_amount(amount, rule)
    with exact():
        assert abs(rounded - amount) < rule.step
    assert round_amount(rounded, rule) == rounded


def test_size_is_rounded_up_only_with_a_step() -> None:
    assert round_up(Decimal("5.1489"), Decimal("0.1")) == Decimal("5.2")
    assert round_up(Decimal("5.1489"), None) == Decimal("5.1489")


@given(
    amounts,
    st.lists(st.integers(min_value=1, max_value=1000), min_size=1, max_size=9),
    st.none() | st.builds(Rounding, st.just(Decimal("0.01")), modes),
)
def test_shares_add_up_to_what_is_shared(
    amount: Decimal, weights: list[int], rule: Rounding | None
) -> None:
    shares = split_exactly(amount, [Decimal(weight) for weight in weights], rule)
    with exact():
        assert sum(shares) == amount
    assert len(shares) == len(weights)


def test_exact_arithmetic_never_loses_a_digit() -> None:
    with exact():
        long = Decimal("1." + "0" * 200 + "1")
        assert long * long - long == Decimal("1e-201") * long
        with pytest.raises(decimal.Inexact):
            _ = Decimal(1) / Decimal(3)
        with pytest.raises(decimal.FloatOperation):
            _ = Decimal(1) < 1.5


def test_context_of_the_caller_is_untouched() -> None:
    with decimal.localcontext() as context:
        context.prec = 7
        with exact() as inside:
            assert inside.prec > 60
        assert Decimal(1) / 3 == Decimal("0.3333333")
        assert len(divide(Decimal(1), Decimal(3)).as_tuple().digits) == 60


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (1, "not text"),
        ("x", "not a decimal number"),
        ("1e31", "exponent beyond 30"),
        ("1" * 39, "more than 38 + 18 digits"),
    ],
)
def test_reason_of_an_unreadable_amount_is_told(text: str, reason: str) -> None:
    with pytest.raises(AmountUnreadableError) as refusal:
        parse_amount(text)
    assert refusal.value.reason == reason
    assert refusal.value.text == text
    assert str(refusal.value) == f"{reason}: {text!r}"


def test_rare_amount_may_use_all_its_decimals() -> None:
    assert parse_amount("1e-18") == Decimal(1).scaleb(-18)
    assert parse_amount("1e30") == Decimal(10) ** 30
