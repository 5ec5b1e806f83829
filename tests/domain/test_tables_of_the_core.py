"""Tables that others are written from: kinds of work, lifecycles as SQL, tellings."""

import runpy
from typing import Any

import pytest

from recovery.domain.claims import claim_reference_read, tell_payment
from recovery.domain.lifecycle import CASE_STEPS, PaymentStatus
from recovery.domain.lifecycle_sql import lifecycle_sql
from recovery.domain.work import misfit


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("nothing", {}, "This desk knows no work of the kind “nothing”."),
        ("import", [], "The payload is no object."),
        ("import", {}, "lacks “source_file”"),
        ("import", {"source_file": True}, "lacks “source_file”"),
        ("import", {"source_file": 0}, "lacks “source_file”"),
        ("assess", {"accounts": 5}, "lacks “accounts”"),
        ("assess", {"accounts": [1, "2"]}, "lacks “accounts”"),
        ("assess", {"accounts": [1, 2]}, ""),
        ("import", {"source_file": 7}, ""),
    ],
)
def test_work_that_nobody_could_do_is_named(
    kind: str, payload: Any, words: str
) -> None:
    told = misfit(kind, payload)
    assert words in told
    assert bool(told) == bool(words)


def test_sql_of_the_lifecycles_holds_every_step() -> None:
    sql = lifecycle_sql()
    for (before, action), step in CASE_STEPS.items():
        assert f"('{before}', '{action}', '{step.to_status}')" in sql
    assert "desk_case_first_status() RETURNS text" in sql
    assert "SELECT 'new'" in sql


def test_sql_of_the_lifecycles_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path("recovery/domain/lifecycle_sql.py", run_name="__main__")
    assert capsys.readouterr().out == lifecycle_sql()


def test_held_payment_reads_as_it_did_where_it_was_held() -> None:
    approved = PaymentStatus.APPROVED
    assert tell_payment(PaymentStatus.HELD, str(approved)) == tell_payment(approved)


@pytest.mark.parametrize("text", ["", "nothing of the kind"])
def test_text_without_a_reference_reads_as_something_short(text: str) -> None:
    assert len(claim_reference_read(text)) <= 40
