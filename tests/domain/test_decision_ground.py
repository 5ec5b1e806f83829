"""What a later assessment does to an approved decision."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.decision_ground import Figures, Ground, ground_of

THEN = Figures(
    variance=Decimal(-5),
    deficit=Decimal(0),
    reason="FEE_VARIANCE",
    lines=(("trading_fee", Decimal(-1), Decimal(-6), "computed"),),
)
AMOUNTS = st.decimals(-100, 100, allow_nan=False, allow_infinity=False, places=4)


def test_other_figures_reason_or_lines_are_material() -> None:
    for changed in (
        THEN._replace(variance=Decimal("-4.99")),
        THEN._replace(deficit=Decimal(1)),
        THEN._replace(reason="CREDIT_SHORT"),
        THEN._replace(lines=()),
    ):
        assert ground_of(THEN, changed, Decimal(0)) == Ground.MATERIAL


def test_equal_figures_ask_one_click() -> None:
    assert ground_of(THEN, THEN._replace(), Decimal(0)) == Ground.IMMATERIAL


@given(AMOUNTS.filter(bool), AMOUNTS)
def test_only_its_own_credits_leave_a_decision_as_it_was(
    posted: Decimal, more: Decimal
) -> None:
    seen = THEN._replace(variance=THEN.variance + posted + more, reason="", lines=())
    wanted = Ground.MATERIAL if more else Ground.PAID
    assert ground_of(THEN, seen, posted) == wanted
