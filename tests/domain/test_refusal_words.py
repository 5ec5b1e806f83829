"""What the refusals of the core say, and what they carry."""

from decimal import Decimal

import pytest

from recovery.domain import errors
from recovery.domain.figures import signed_figure
from recovery.domain.money import ZERO
from recovery.domain.story import difference_words

REFUSALS = [
    (
        errors.TransitionRefusedError("case", "closed", "hand_over"),
        "transition_refused",
        "A case that is closed cannot take the step “hand over”.",
    ),
    (
        errors.DutyMissingError("Ada", "approve"),
        "duty_missing",
        "Ada may not do this: it needs the duty approve.",
    ),
    (
        errors.FreshFactorNeededError("Ada"),
        "fresh_factor_needed",
        (
            "Ada must confirm with a second factor first: the last time is more than "
            "five minutes ago."
        ),
    ),
    (
        errors.SamePersonError("Ada", "proposed this"),
        "same_person",
        "Ada proposed this; a second person must do this.",
    ),
    (
        errors.StaleError("The amount", "5", "6"),
        "stale",
        (
            "The amount changed since the page was opened (shown 5, now 6). Look "
            "again before you act."
        ),
    ),
    (
        errors.LimitExceededError("USDT", "6", "5"),
        "limit_exceeded",
        "6 USDT asked, at most 5 USDT is owed.",
    ),
]


@pytest.mark.parametrize(("refusal", "code", "words"), REFUSALS)
def test_refusal_has_a_code_and_plain_words(
    refusal: errors.RecoveryError, code: str, words: str
) -> None:
    assert (refusal.code, str(refusal)) == (code, words)


def test_refusal_carries_what_it_is_about() -> None:
    stale = errors.StaleError("The amount", "5", "6")
    assert (stale.what, stale.shown, stale.now) == ("The amount", "5", "6")
    same = errors.SamePersonError("Ada", "proposed this")
    assert (same.actor, same.earlier_act) == ("Ada", "proposed this")


def test_nothing_has_no_sign_and_no_word() -> None:
    assert signed_figure(ZERO, 2) == ("", "", "0.00")
    assert signed_figure(Decimal("-1.5"), 2) == ("minus", "−", "1.50")
    assert signed_figure(Decimal("1.5"), 0) == ("plus", "+", "1.5")
    assert difference_words(ZERO, "USDT") == "as it should be"
