"""What customers are told: total over every status, and a hold tips nobody off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.claims import (
    PHASE_NAMES,
    Phase,
    claim_reference_read,
    may_answer,
    may_withdraw,
    tell_case,
    tell_payment,
)
from recovery.domain.lifecycle import CaseStatus, PaymentStatus
from recovery.domain.references import grouped_reference


@pytest.mark.parametrize("status", list(CaseStatus))
def test_every_status_of_a_case_has_words(status: CaseStatus) -> None:
    told = tell_case(status)

    assert told.label
    assert told.need
    assert told.next_step
    assert told.phase in PHASE_NAMES
    assert told.is_needed == (status == CaseStatus.AWAITING_CUSTOMER)


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_every_status_of_a_payment_has_words(status: PaymentStatus) -> None:
    told = tell_payment(status)

    assert told.label
    assert told.text
    assert "hold" not in (told.label + told.text).lower()


def test_a_held_payment_reads_like_an_approved_one() -> None:
    held, approved = PaymentStatus.HELD, PaymentStatus.APPROVED
    assert tell_payment(held) == tell_payment(approved)


def test_phases_are_numbered_without_a_gap() -> None:
    assert [phase.value for phase in PHASE_NAMES] == list(range(1, len(Phase) + 1))


def test_only_what_is_not_yet_decided_can_be_withdrawn() -> None:
    assert {status for status in CaseStatus if may_withdraw(status)} == {
        CaseStatus.NEW,
        CaseStatus.INVESTIGATING,
        CaseStatus.AWAITING_CUSTOMER,
        CaseStatus.AWAITING_THIRD_PARTY,
        CaseStatus.PROPOSED,
    }
    assert [status for status in CaseStatus if may_answer(status)] == [
        CaseStatus.AWAITING_CUSTOMER
    ]


@given(st.binary(min_size=10, max_size=10), st.sampled_from(["", " ", "-", "  "]))
def test_a_reference_is_read_as_people_type_it(random: bytes, gap: str) -> None:
    reference = grouped_reference("CL", random)
    typed = reference.lower().replace("-", gap).replace("0", "o").replace("1", "l")

    assert claim_reference_read(reference) == reference
    assert claim_reference_read(f" {typed} ") == reference
    assert claim_reference_read(reference.removeprefix("CL-")) == reference


@given(st.text(max_size=300))
def test_any_text_reads_as_some_short_reference(text: str) -> None:
    assert len(claim_reference_read(text)) <= 32
