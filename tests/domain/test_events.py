"""From ledger entries to a finding: detection, opening, assessment, reason."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.breaks import find_reason
from recovery.domain.errors import NotReadyError
from recovery.domain.history import Entry, Fill, gather_items, in_booked_order
from recovery.domain.ledger import EventMarker, LedgerRole
from recovery.domain.money import exact
from recovery.domain.words import Basis, BreakReason, EventKind
from tests.domain.house_entries import Book, found, liquidated, rules

ZERO = Decimal(0)
PRICES = st.decimals("1", "2000", places=2)
CHARGES = st.decimals("-20", "20", places=8)


def one(book: Book) -> tuple:  # type: ignore[type-arg] - window, opening, assessment
    events = found(book.entries)
    assert len(events) == 1
    return events[0]


# --- refusals and what cannot be proved ---------------------------------------------


def test_an_event_before_any_policy_is_not_assessed() -> None:
    book = liquidated([Decimal(900)])
    with pytest.raises(NotReadyError):
        found(book.entries, replace(rules(), policies=()))


def test_a_row_that_names_anothers_liquidation_starts_nothing() -> None:
    book = Book()
    book.add(LedgerRole.XFER, Decimal(100))
    book.add(LedgerRole.INFO, ZERO, marker=EventMarker.COUNTERPARTY)
    assert found(book.entries) == []


def test_own_trades_start_nothing() -> None:
    book = Book()
    book.add(LedgerRole.XFER, Decimal(100_000))
    book.fill(Decimal(2), Decimal(1000), ZERO)
    book.fill(Decimal(-2), Decimal(900), Decimal(-200))
    assert found(book.entries) == []


def test_without_earlier_rows_nothing_is_called_wrong() -> None:
    """The history begins with the liquidation: entry unknown, so not verifiable."""
    book = liquidated([Decimal(900)])
    rows = [entry for entry in book.entries if entry.line.marker]
    ((_, opening, assessment),) = found(rows)

    assert opening.entry is None
    assert assessment.variance == ZERO
    assert {line.basis for line in assessment.lines[1:]} == {Basis.NOT_VERIFIABLE}


def test_a_missing_row_is_named_as_a_gap_before_any_amount() -> None:
    book = liquidated([Decimal(950), Decimal(940), Decimal(930)])
    fee = next(e for e in book.entries if e.line.marker and e.line.role == "FEE")
    rows = [entry for entry in book.entries if entry is not fee]
    ((_, _, assessment),) = found(rows)

    assert assessment.facts.gap
    assert find_reason(assessment).reason == BreakReason.CHAIN_INCOMPLETE


# --- arithmetic ---------------------------------------------------------------------


@given(prices=st.lists(PRICES, min_size=1, max_size=3), charges=st.lists(CHARGES))
def test_differences_and_parts_sum_exactly_to_the_variance(
    prices: list[Decimal], charges: list[Decimal]
) -> None:
    book = liquidated(prices, overcharges=charges)
    _, _, assessment = one(book)

    with exact():
        total = sum((line.difference for line in assessment.lines), ZERO)
        parts = sum((part.amount for part in find_reason(assessment).parts), ZERO)
        overcharged = sum(charges[: len(prices)], ZERO)
    assert total == parts == assessment.variance == -overcharged


@given(prices=st.lists(PRICES, min_size=1, max_size=3))
def test_correct_bookings_leave_no_difference(prices: list[Decimal]) -> None:
    _, _, assessment = one(liquidated(prices))

    assert assessment.variance == ZERO
    assert all(line.difference == ZERO for line in assessment.lines)
    assert find_reason(assessment).reason is None


@given(price=PRICES, pieces=st.sampled_from([2, 3, 4, 6]))
def test_splitting_a_fill_changes_no_amount(price: Decimal, pieces: int) -> None:
    _, _, whole = one(liquidated([price]))
    _, _, split = one(liquidated([price] * pieces))

    assert whole.residual == split.residual
    assert whole.received == split.received
    assert whole.deficit == split.deficit


@given(size=st.decimals("1000000000", "9999999999", places=4), charge=CHARGES)
def test_no_digit_is_lost_in_large_amounts(size: Decimal, charge: Decimal) -> None:
    """More digits than the usual context of 28 holds."""
    with exact():
        book = liquidated(
            [Decimal("0.00001234")],
            size=size,
            entry=Decimal("0.00005678"),
            deposit=Decimal("98765432109876.12345678"),
            overcharges=[charge],
        )
    with exact():
        _, _, assessment = one(book)
    assert assessment.variance == -charge


@given(charge=st.decimals("0.00000001", "50", places=8))
def test_an_overcharged_fee_is_the_customers_shortfall(charge: Decimal) -> None:
    _, _, assessment = one(liquidated([Decimal(900)], overcharges=[charge]))
    finding = find_reason(assessment)

    assert assessment.variance == -charge
    assert finding.reason == BreakReason.FEE_VARIANCE
    assert finding.is_break


# --- order --------------------------------------------------------------------------


@given(order=st.permutations(range(3)))
def test_rows_of_other_instruments_do_not_matter_where_they_stand(
    order: list[int],
) -> None:
    """Three transfers of nothing, anywhere before the event."""
    book = Book()
    book.add(LedgerRole.XFER, Decimal(100_000))
    for number in order:
        book.add(LedgerRole.INFO, ZERO, instrument=f"X{number}")
    book.fill(Decimal(2), Decimal(1000), ZERO)
    book.fill(Decimal(-2), Decimal(900), Decimal(-200), marker=EventMarker.LIQUIDATION)
    _, opening, assessment = one(book)

    assert (opening.size, opening.entry) == (Decimal(2), Decimal(1000))
    assert assessment.variance == ZERO


@given(cuts=st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_one_instant_in_several_files_is_read_in_booked_order(cuts: list[int]) -> None:
    """Each file keeps its own order; which file came in first does not matter."""
    book = liquidated([Decimal(900), Decimal(890), Decimal(880)])
    forced = [entry for entry in book.entries if entry.line.marker]
    at = forced[0].line.occurred_at
    same = [
        Entry(e.id, f"file{cut}", e.provenance, e.line._replace(occurred_at=at))
        for e, cut in zip(forced, sorted(cuts, reverse=True), strict=True)
    ]
    first = [Entry(e.id, "file0", "house", e.line) for e in book.entries[:3]]
    stored = [*first, *sorted(same, key=lambda entry: entry.file)]

    assert [entry.id for entry in in_booked_order(stored)] == [
        entry.id for entry in book.entries
    ]


# --- detection ----------------------------------------------------------------------


def test_numbered_events_part_where_their_numbers_do() -> None:
    book = liquidated([Decimal(950), Decimal(940)], event="EV-1")
    book.fill(Decimal(4), Decimal(900), ZERO)
    book.fill(
        Decimal(-4),
        Decimal(880),
        Decimal(-80),
        marker=EventMarker.LIQUIDATION,
        event="EV-2",
    )
    events = found(book.entries)

    assert [window.reference for window, _, _ in events] == ["EV-1", "EV-2"]
    assert [assessment.variance for _, _, assessment in events] == [ZERO, ZERO]


def test_unnumbered_fills_until_zero_are_one_event() -> None:
    book = liquidated([Decimal(950), Decimal(940), Decimal(930)], event="")
    window, _, _ = one(book)

    assert len(window.forced) == 3
    assert window.kind == EventKind.LIQUIDATION


def test_a_reduction_that_leaves_a_position_is_one() -> None:
    book = Book()
    book.add(LedgerRole.XFER, Decimal(100_000))
    book.fill(Decimal(10), Decimal(1000), ZERO)
    book.fill(Decimal(-4), Decimal(900), Decimal(-400), marker=EventMarker.REDUCTION)
    window, _, assessment = one(book)

    assert window.kind == EventKind.POSITION_REDUCTION
    assert window.position_after == Decimal(6)
    assert assessment.variance == ZERO


def test_a_later_credit_that_names_the_event_is_received() -> None:
    book = liquidated([Decimal(900)], overcharges=[Decimal(7)])
    book.add(LedgerRole.CREDIT, Decimal(7), event_reference="EV-1", order_id="PY-1")
    window, _, assessment = one(book)

    assert len(window.credits) == 1
    assert assessment.variance == ZERO
    assert find_reason(assessment).reason is None


def test_a_credit_beyond_what_was_due_is_over() -> None:
    book = liquidated([Decimal(900)])
    book.add(LedgerRole.CREDIT, Decimal(7), event_reference="EV-1", order_id="PY-1")
    _, _, assessment = one(book)

    assert assessment.variance == Decimal(7)
    assert find_reason(assessment).reason == BreakReason.CREDIT_OVER


# --- history ------------------------------------------------------------------------


def test_fee_rows_join_the_fill_of_their_order_and_nothing_is_dropped() -> None:
    book = liquidated([Decimal(950), Decimal(940)])
    items = gather_items(book.entries)
    fills = [item for item in items if isinstance(item, Fill)]

    assert [len(fill.entries) for fill in fills] == [2, 3, 3]
    held = [
        entry.id
        for item in items
        for entry in (item.entries if isinstance(item, Fill) else [item.entry])
    ]
    assert sorted(held) == [entry.id for entry in book.entries]
