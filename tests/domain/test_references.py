"""References as people type them find what they name."""

import pytest

from recovery.domain.references import (
    clean_reference,
    event_reference,
    grouped_reference,
)


@pytest.mark.parametrize("prefix", ["RC", "CL", "LQ", "PY", "PB"])
def test_our_own_reference_stays_as_it_is(prefix: str) -> None:
    reference = grouped_reference(prefix, bytes(range(10)))
    assert clean_reference(reference) == reference


def test_an_events_reference_stays_as_it_is() -> None:
    reference = event_reference("house", "RD-1", "BTCUSDT", "2026-10-18T19:30:01Z")
    assert clean_reference(reference) == reference


@pytest.mark.parametrize(
    "typed", ["lq-oi1u", " LQ OL1V ", "LQ-01IV"], ids=["small", "blanks", "alike"]
)
def test_letters_that_look_like_figures_are_read_as_figures(typed: str) -> None:
    assert clean_reference(typed) == "LQ-011V"
