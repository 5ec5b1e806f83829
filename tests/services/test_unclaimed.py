"""Dust and dormant money: aged, reached for, paid only on proof by two."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import RoleGrant, User
from accounts.roles import Role
from recovery.domain.errors import (
    DutyMissingError,
    FreshFactorNeededError,
    NotReadyError,
    SamePersonError,
)
from recovery.domain.unclaimed import OLDEST, ContactWay, UnclaimedKind, age_band
from recovery.domain.words import PaymentKind
from recovery.models import Decision, UnclaimedRelease, UnclaimedRule
from recovery.selectors.unclaimed import unclaimed_money, unclaimed_totals
from recovery.services.actors import OPERATOR, Actor, staff_actor
from recovery.services.payments import payment_hold, payment_propose
from recovery.services.unclaimed import (
    Proof,
    contact_attempt,
    release_approve,
    release_record,
    unclaimed_rule_change,
)
from recovery.services.workbooks import workbook_export
from tests.people import acting
from tests.services import workbook_engines as engines
from tests.story import NOW, SHORT, People

PROOF = Proof("Called back on the number on file; named the last trade.", "Ticket 9")


def rule(people: People, dust: str = "5", days: int | None = 180) -> UnclaimedRule:
    return unclaimed_rule_change(
        people.lia,
        asset="USDT",
        dust=Decimal(dust),
        dormant_days=days,
        valid_from=NOW,
        terms_reference="Clause 8.1",
        now=NOW,
    )


def released(people: People, decision: Decision, now: Any = NOW) -> UnclaimedRelease:
    release = release_record(people.max_, decision, PROOF, now=now)
    assert people.rio.user
    return release_approve(acting(people.rio.user, now), release, now=now)


# --- refusals -------------------------------------------------------------------------


def test_dust_is_not_paid_without_a_release(people: People) -> None:
    rule(people)
    decision = people.owed()
    with pytest.raises(NotReadyError, match="At most 5 USDT is dust: record the proof"):
        people.credit(decision)
    release_record(people.max_, decision, PROOF, now=NOW)
    with pytest.raises(NotReadyError, match="have a second person"):
        people.credit(decision)


def test_dormant_money_is_not_paid_without_a_release(people: People) -> None:
    rule(people, dust="0", days=30)
    decision = people.owed()
    later = NOW + timedelta(days=30)

    def pay() -> object:
        return payment_propose(
            people.max_, decision, kind=PaymentKind.CREDIT, amount=SHORT, now=later
        )

    with pytest.raises(NotReadyError, match="What lay 30 days is dormant"):
        pay()
    released(people, decision, later)
    assert pay()


def test_only_a_lead_with_a_fresh_factor_says_what_is_dust(people: People) -> None:
    wanted: dict[str, Any] = {
        "asset": "USDT",
        "dust": Decimal(1),
        "dormant_days": 30,
        "valid_from": NOW,
        "terms_reference": "x",
        "now": NOW,
    }
    with pytest.raises(DutyMissingError):
        unclaimed_rule_change(people.max_, **wanted)
    assert people.lia.user
    with pytest.raises(FreshFactorNeededError):
        unclaimed_rule_change(staff_actor(people.lia.user, now=NOW), **wanted)
    for changed in (
        {"asset": " "},
        {"dust": Decimal(-1)},
        {"dormant_days": 0},
        {"valid_from": NOW - timedelta(seconds=1)},
        {"terms_reference": ""},
    ):
        with pytest.raises(NotReadyError):
            unclaimed_rule_change(people.lia, **{**wanted, **changed})


def test_who_recorded_the_proof_or_proposed_the_amount_releases_nothing(
    people: People,
) -> None:
    decision = people.owed()
    release = release_record(people.max_, decision, PROOF, now=NOW)
    assert people.max_.user and people.ada.user and people.rio.user
    for user in (people.max_.user, people.ada.user):
        RoleGrant.objects.create(
            user=user, role=Role.CHECKER, granted_at=NOW - timedelta(days=30)
        )
        with pytest.raises(SamePersonError):
            release_approve(_again(user), release, now=NOW)
    with pytest.raises(FreshFactorNeededError):
        release_approve(staff_actor(people.rio.user, now=NOW), release, now=NOW)
    release_approve(people.rio, release, now=NOW)
    with pytest.raises(NotReadyError, match="already"):
        release_approve(people.bea, release, now=NOW)


def _again(user: User) -> Actor:
    return acting(User.objects.get(pk=user.pk), NOW)


def test_a_release_needs_proof_and_something_that_is_owed(people: People) -> None:
    decision = people.owed()
    for proof in (Proof(" ", "x"), Proof("x", " ")):
        with pytest.raises(NotReadyError):
            release_record(people.max_, decision, proof, now=NOW)
    with pytest.raises(DutyMissingError):
        release_record(people.bea, decision, PROOF, now=NOW)
    release_record(people.max_, decision, PROOF, now=NOW)
    with pytest.raises(NotReadyError, match="recorded already"):
        release_record(people.max_, decision, PROOF, now=NOW)


def test_an_attempt_says_what_came_of_it_and_stays(people: People) -> None:
    case = people.owed().case
    wanted: dict[str, Any] = {"way": ContactWay.PHONE, "was_reached": False}
    with pytest.raises(NotReadyError):
        contact_attempt(people.ada, case, text=" ", now=NOW, **wanted)
    with pytest.raises(DutyMissingError):
        contact_attempt(people.bea, case, text="No answer.", now=NOW, **wanted)
    contact_attempt(people.ada, case, text="No answer.", now=NOW, **wanted)
    with (
        pytest.raises(IntegrityError, match="written once"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE recovery_contactattempt SET text = 'Reached.'")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE recovery_unclaimedrelease SET proof = 'x'", "stays as it is"),
        ("DELETE FROM recovery_unclaimedrelease", "written once"),
        ("UPDATE recovery_unclaimedrule SET dust_amount = 0", "does not change"),
        (
            """
            INSERT INTO recovery_payment (reference, uuid, case_id, decision_id,
              event_id, kind, asset, amount, hold_reference, status, status_since,
              version, sealed, content_digest, proposer_id, proposed_at,
              approvals_needed, value_currency, confirmation_reference, fee_amount,
              house_fee_amount, held_reason, held_from, goodwill_words)
            SELECT 'PY-X', gen_random_uuid(), d.case_id, d.id, c.event_id, 'credit',
              d.asset, 1, '', 'proposed', '2026-11-22 12:00Z', 1, '',
              encode(sha256(''), 'hex'), (SELECT id FROM accounts_user
                WHERE username = 'max'), '2026-11-22 12:00Z', 1, '', '', 0, 0, '', '',
              ''
            FROM recovery_decision d JOIN recovery_recoverycase c ON c.id = d.case_id
            """,
            "after a release on proof",
        ),
    ],
)
def test_the_database_keeps_dust_and_its_proof(
    statement: str, says: str, people: People
) -> None:
    rule(people)
    release_record(people.max_, people.owed(), PROOF, now=NOW)
    with (
        pytest.raises(IntegrityError, match=says),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


# --- what it does ---------------------------------------------------------------------


def test_after_a_release_dust_is_paid_like_anything_owed(people: People) -> None:
    rule(people)
    decision = people.owed()
    released(people, decision)
    assert people.approved(people.credit(decision)).status == "approved"


@pytest.mark.parametrize(
    ("days", "band"),
    [
        (0, "up to 30 days"),
        (30, "up to 30 days"),
        (31, "31 to 90 days"),
        (90, "31 to 90 days"),
        (180, "91 to 180 days"),
        (181, OLDEST),
    ],
)
def test_ages_fall_into_buckets(days: int, band: str, people: People) -> None:
    assert age_band(days) == band
    people.owed()
    (one,) = unclaimed_money(NOW + timedelta(days=days), shows_frozen=False)
    assert (one.band, one.age_days, one.kind) == (band, days, UnclaimedKind.NOT_PAID)


def test_dust_frozen_and_unpaid_are_kept_apart(people: People) -> None:
    small = people.owed("A-1")
    held = people.credit(people.owed("A-2"))
    payment_hold(people.cora, held, reason="Hit.", now=NOW)
    rule(people)
    contact_attempt(
        people.ada,
        small.case,
        way=ContactWay.LETTER,
        was_reached=False,
        text="Came back.",
        now=NOW,
    )
    rows = unclaimed_money(NOW, shows_frozen=True)
    assert {(row.kind, row.amount) for row in rows} == {
        (UnclaimedKind.DUST, SHORT),
        (UnclaimedKind.FROZEN, SHORT),
    }
    (dust,) = unclaimed_money(NOW, shows_frozen=False)
    assert (dust.attempts, dust.last_attempt_at, dust.release) == (1, NOW, "")
    totals = unclaimed_totals(NOW, shows_frozen=True)
    assert sum(total.amount for total in totals) == 2 * SHORT


def test_page_and_workbook_add_up_the_same(
    committed_people: People, tmp_path: Path
) -> None:
    people = committed_people
    people.owed("A-1")
    people.credit(people.owed("A-2"), Decimal(2))
    now = timezone.now()
    out = tmp_path / "book.xlsx"
    assert workbook_export(OPERATOR, out, now=now).written.is_tied
    stored = engines.cached(out)
    assert not engines.differences(stored, engines.by_formualizer(out))

    sheet = engines.table(load_workbook(out, data_only=True)["Unclaimed"])
    totals = unclaimed_totals(now, shows_frozen=True)
    # Of one instant: their order is that of random references.
    assert sorted((row["Why"], Decimal(row["Amount, exact"])) for row in sheet) == [
        ("not_paid", SHORT - 2),
        ("not_paid", SHORT),
    ]
    (total,) = totals
    assert (total.amounts, total.amount) == (2, SHORT + 3)
    assert sum(Decimal(row["Amount, exact"]) for row in sheet) == total.amount
