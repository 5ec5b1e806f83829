"""Four eyes in SQL: what the application role may write is refused below the services.

One committed desk serves the whole module. Every attempt is one transaction of
`desk_app`; it must fail, at its statement or at its commit, and no row of the money
tables may differ afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from accounts.roles import Role
from config.engines.addresses import DatabaseRole, database_from_env
from recovery.domain.canonical import digest_text
from recovery.domain.lifecycle import (
    CASE_STEPS,
    PAYMENT_STEPS,
    CaseStatus,
    PaymentStatus,
)
from recovery.domain.words import PaymentKind
from recovery.models import Decision, Payment, PayoutBatch, RecoveryCase
from recovery.services.actors import staff_actor
from recovery.services.batches import batch_build
from recovery.services.cases import case_open
from tests.story import NOW, People, short_ledger, staff

# The desk is committed before a test begins its own transaction.
pytestmark = pytest.mark.django_db
App = psycopg.Connection[Any]
Refused = (psycopg.errors.CheckViolation, psycopg.errors.RestrictViolation)
MONEY_TABLES = (
    "approval",
    "assessment",
    "assessmentresult",
    "decision",
    "payment",
    "payoutbatch",
    "recoverycase",
    "transition",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A case or payment in every place that matters, and who is who."""

    ada: int
    max: int
    bea: int
    lia: int
    carl: int
    new_case: RecoveryCase
    proposed: Decision
    decided: Decision  # Its payment is proposed.
    payment: Payment
    approved: Payment
    batch: PayoutBatch  # Built by Carl of a payment of Max, not released.
    in_batch: Payment
    sent: Payment


def _built(folder: Path) -> Desk:
    people = People.hired(folder)
    sent = people.approved(people.credit(people.owed("A-1")))
    people.sent()
    in_batch = people.approved(people.credit(people.owed("A-2")))
    carl = staff_actor(staff("carl", Role.MAKER))
    batch = batch_build(carl, PaymentKind.CREDIT, now=NOW)
    approved = people.approved(people.credit(people.owed("A-3")))
    payment = people.credit(people.owed("A-4"))
    proposed = people.proposed(people.case(people.event(short_ledger("A-5"))))
    new_case = case_open(
        people.ada,
        event=people.event(short_ledger("A-6")),
        customer=None,
        origin="agent",
        now=NOW,
    )
    actors = (people.ada, people.max_, people.bea, people.lia, carl)
    ids = [actor.user.pk for actor in actors if actor.user]
    decided = payment.decision
    return Desk(
        *ids, new_case, proposed, decided, payment, approved, batch, in_batch, sent
    )


@pytest.fixture(scope="module")
def desk(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with django_db_blocker.unblock(), override_settings(FILES_DIR=folder / "files"):
        built = _built(folder)
    yield built
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)
        connection.close()


@pytest.fixture(scope="module")
def role(desk: Desk) -> Iterator[App]:
    """A connection in the right of the application."""
    app = database_from_env(DatabaseRole.APP)
    with psycopg.connect(
        host=app["HOST"],
        port=app["PORT"] or None,
        user=app["USER"],
        password=app["PASSWORD"] or None,
        dbname=connection.settings_dict["NAME"],
        options="-c lock_timeout=5s",
        autocommit=True,
    ) as as_app:
        yield as_app


@pytest.fixture(autouse=True)
def nothing_changes(role: App) -> Iterator[None]:
    """Hold the money tables against themselves before and after every attempt."""
    before = fingerprints(role)
    yield
    assert fingerprints(role) == before


def fingerprints(role: App) -> list[tuple[Any, ...]]:
    return [
        role.execute(
            "SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t.id)), '')"
            f" FROM recovery_{table} t"
        ).fetchall()[0]
        for table in MONEY_TABLES
    ]


def attempt(role: App, *statements: str, **values: object) -> None:
    """Run the statements in one transaction; the commit is part of the attempt."""
    with role.transaction():
        for statement in statements:
            role.execute(statement, values)


# --- approving without a second person ---------------------------------------------


def test_a_decision_is_not_set_to_approved_without_an_approval(
    desk: Desk, role: App
) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_decision SET status = 'approved', approver_id = %(bea)s"
            " WHERE id = %(id)s",
            bea=desk.bea,
            id=desk.proposed.pk,
        )


def test_a_decision_is_not_approved_by_its_proposer(desk: Desk, role: App) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_decision SET status = 'approved', approver_id = %(ada)s"
            " WHERE id = %(id)s",
            ada=desk.ada,
            id=desk.proposed.pk,
        )


def test_a_decision_is_not_approved_by_nobody(desk: Desk, role: App) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_decision SET status = 'approved' WHERE id = %(id)s",
            id=desk.proposed.pk,
        )


def test_an_approver_does_not_come_without_the_approval(desk: Desk, role: App) -> None:
    for table, row in (("decision", desk.proposed), ("payment", desk.payment)):
        with pytest.raises(Refused):
            attempt(
                role,
                f"UPDATE recovery_{table} SET approver_id = %(bea)s WHERE id = %(id)s",
                bea=desk.bea,
                id=row.pk,
            )


def test_a_payment_is_not_set_to_approved_without_an_approval(
    desk: Desk, role: App
) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_payment SET status = 'approved', approver_id = %(bea)s"
            " WHERE id = %(id)s",
            bea=desk.bea,
            id=desk.payment.pk,
        )


def test_a_payment_is_not_approved_by_its_proposer(desk: Desk, role: App) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_payment SET status = 'approved', approver_id = %(max)s"
            " WHERE id = %(id)s",
            max=desk.max,
            id=desk.payment.pk,
        )


APPROVAL = (
    "INSERT INTO recovery_approval (decision_id, payment_id, number, proposer_id,"
    " approver_id,"
    " approver_role, content, content_digest, at) VALUES (%(decision)s, %(payment)s, 1,"
    " %(proposer)s, %(approver)s, 'checker', %(content)s, %(digest)s, now())"
)


def forged(
    desk: Desk, subject: Decision | Payment, **changed: object
) -> dict[str, Any]:
    """An approval as it should be, but for what is changed."""
    return {
        "decision": subject.pk if isinstance(subject, Decision) else None,
        "payment": subject.pk if isinstance(subject, Payment) else None,
        "proposer": subject.proposer_id,
        "approver": desk.bea,
        "content": subject.sealed,
        "digest": subject.content_digest,
        **changed,
    }


def test_an_approval_by_the_proposer_is_refused(desk: Desk, role: App) -> None:
    for subject in (desk.proposed, desk.payment):
        with pytest.raises(Refused):
            attempt(
                role, APPROVAL, **forged(desk, subject, approver=subject.proposer_id)
            )


def test_an_approval_that_names_another_proposer_is_refused(
    desk: Desk, role: App
) -> None:
    for subject in (desk.proposed, desk.payment):
        with pytest.raises(Refused):
            attempt(
                role,
                APPROVAL,
                **forged(
                    desk, subject, proposer=desk.lia, approver=subject.proposer_id
                ),
            )


def test_an_approval_of_other_content_is_refused(desk: Desk, role: App) -> None:
    for subject in (desk.proposed, desk.payment):
        for changed in (
            {"digest": digest_text("other")},
            {"content": "other"},
            {"content": "other", "digest": digest_text("other")},
        ):
            with pytest.raises(Refused):
                attempt(role, APPROVAL, **forged(desk, subject, **changed))


def test_an_approval_by_who_proposed_the_amount_is_refused(
    desk: Desk, role: App
) -> None:
    with pytest.raises(Refused):
        attempt(role, APPROVAL, **forged(desk, desk.payment, approver=desk.ada))


def test_an_approval_of_what_is_approved_already_is_refused(
    desk: Desk, role: App
) -> None:
    for subject in (desk.decided, desk.approved):
        with pytest.raises((*Refused, psycopg.errors.UniqueViolation)):
            attempt(role, APPROVAL, **forged(desk, subject, approver=desk.lia))


def test_an_approval_of_two_subjects_or_none_is_refused(desk: Desk, role: App) -> None:
    for changed in ({"payment": desk.payment.pk}, {"decision": None}):
        with pytest.raises(Refused):
            attempt(role, APPROVAL, **forged(desk, desk.proposed, **changed))


def test_the_honest_way_is_open(desk: Desk, role: App) -> None:
    """Negative control: these refusals are not those of a wrong statement."""
    for table, subject, step in (
        ("decision", desk.proposed, ""),
        ("payment", desk.payment, " version = version + 1,"),
    ):
        with role.transaction(force_rollback=True):
            values = forged(desk, subject)
            role.execute(APPROVAL, values)
            changed = role.execute(
                f"UPDATE recovery_{table} SET status = 'approved',{step}"
                f" approver_id = %(approver)s WHERE id = %({table})s",
                values,
            )
            assert changed.rowcount == 1


def test_an_approval_for_one_person_does_not_serve_another(
    desk: Desk, role: App
) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            APPROVAL,
            "UPDATE recovery_decision SET status = 'approved', approver_id = %(other)s"
            " WHERE id = %(decision)s",
            other=desk.lia,
            **forged(desk, desk.proposed),
        )


def test_a_case_is_not_decided_without_an_approved_decision(
    desk: Desk, role: App
) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_recoverycase SET status = 'owed' WHERE id = %(id)s",
            id=desk.proposed.case_id,
        )


# --- changing what was sealed -------------------------------------------------------

SEALED_DECISION = {
    "amount": "4",
    "asset": "'USDC'",
    "kind": "'not_owed'",
    "reason": "'other'",
    "sealed": "'other'",
    "content_digest": "'other'",
    "proposer_id": "%(lia)s",
    "case_id": "%(other_case)s",
    "proposed_at": "now()",
}
SEALED_PAYMENT = {
    "amount": "4",
    "asset": "'USDC'",
    "kind": "'withdrawal'",
    "hold_reference": "'HOLD-1'",
    "sealed": "'other'",
    "content_digest": "'other'",
    "proposer_id": "%(lia)s",
    "case_id": "%(other_case)s",
    "reference": "'PY-OTHER'",
    "uuid": "gen_random_uuid()",
    "proposed_at": "now()",
}


@pytest.mark.parametrize("column", SEALED_DECISION)
@pytest.mark.parametrize("place", ["proposed", "decided"])
def test_a_sealed_decision_does_not_change(
    place: str, column: str, desk: Desk, role: App
) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            f"UPDATE recovery_decision SET {column} = {SEALED_DECISION[column]}"
            " WHERE id = %(id)s",
            id=getattr(desk, place).pk,
            lia=desk.lia,
            other_case=desk.new_case.pk,
        )


@pytest.mark.parametrize("column", SEALED_PAYMENT)
@pytest.mark.parametrize("place", ["payment", "approved", "in_batch", "sent"])
def test_a_sealed_payment_does_not_change(
    place: str, column: str, desk: Desk, role: App
) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            f"UPDATE recovery_payment SET {column} = {SEALED_PAYMENT[column]}"
            " WHERE id = %(id)s",
            id=getattr(desk, place).pk,
            lia=desk.lia,
            other_case=desk.new_case.pk,
        )


def test_a_payment_is_not_turned_to_another_destination(desk: Desk, role: App) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "INSERT INTO accounts_destination (customer_id, asset, network, address,"
            " memo, is_checked, status, proposed_at, verified_how, evidence, screening,"
            " screened_by, revoked_reason, created_at) SELECT customer_id, 'USDT',"
            " 'tron', 'T1', '', true, 'proposed', now(), '', '', '', '', '', now()"
            " FROM recovery_recoverycase WHERE id = %(case)s",
            "UPDATE recovery_payment SET destination_id ="
            " (SELECT max(id) FROM accounts_destination) WHERE id = %(id)s",
            id=desk.approved.pk,
            case=desk.approved.case_id,
        )


def test_a_case_does_not_change_its_event_or_customer(desk: Desk, role: App) -> None:
    for column in ("event_id", "customer_id"):
        with pytest.raises(Refused):
            attempt(
                role,
                f"UPDATE recovery_recoverycase SET {column} = (SELECT {column} FROM"
                " recovery_recoverycase WHERE id = %(other)s) WHERE id = %(id)s",
                id=desk.proposed.case_id,
                other=desk.new_case.pk,
            )


# --- rows that begin in the middle --------------------------------------------------


def copied(table: str, columns: list[str], **changed: str) -> str:
    """A statement that inserts a copy of a row, but for what is changed."""
    values = [changed.get(column, column) for column in columns]
    return (
        f"INSERT INTO recovery_{table} ({', '.join(columns)})"
        f" SELECT {', '.join(values)} FROM recovery_{table} WHERE id = %(id)s"
    )


def columns_of(role: App, table: str) -> list[str]:
    rows = role.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND column_name <> 'id' AND is_generated = 'NEVER'",
        [f"recovery_{table}"],
    )
    return [name for (name,) in rows]


NEW_PAYMENT = {"reference": "'PY-NEW'", "uuid": "gen_random_uuid()"}


@pytest.mark.parametrize("status", [*PaymentStatus])
def test_a_payment_begins_as_nothing_but_proposed(
    status: str, desk: Desk, role: App
) -> None:
    """As a copy of an approved one it has its approver and its amount."""
    statement = copied(
        "payment", columns_of(role, "payment"), status=f"'{status}'", **NEW_PAYMENT
    )
    with pytest.raises(Refused):
        attempt(role, statement, id=desk.approved.pk)


def test_a_decision_does_not_begin_as_approved(desk: Desk, role: App) -> None:
    columns = columns_of(role, "decision")
    with pytest.raises(Refused):
        attempt(role, copied("decision", columns), id=desk.decided.pk)


@pytest.mark.parametrize("status", [*CaseStatus][1:])
def test_a_case_does_not_begin_as(status: str, desk: Desk, role: App) -> None:
    statement = copied(
        "recoverycase",
        columns_of(role, "recoverycase"),
        status=f"'{status}'",
        reference="'RC-NEW'",
        uuid="gen_random_uuid()",
        event_id="NULL",
    )
    with pytest.raises(Refused):
        attempt(role, statement, id=desk.new_case.pk)


def test_a_batch_does_not_begin_as_released(desk: Desk, role: App) -> None:
    statement = copied(
        "payoutbatch",
        columns_of(role, "payoutbatch"),
        reference="'PB-NEW'",
        released_by_id="%(bea)s",
        released_at="now()",
    )
    with pytest.raises(Refused):
        attempt(role, statement, id=desk.batch.pk, bea=desk.bea)


def test_an_event_has_no_second_open_case(desk: Desk, role: App) -> None:
    statement = copied(
        "recoverycase",
        columns_of(role, "recoverycase"),
        reference="'RC-NEW'",
        uuid="gen_random_uuid()",
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        attempt(role, statement, id=desk.new_case.pk)


def test_a_case_has_no_second_proposal(desk: Desk, role: App) -> None:
    columns = columns_of(role, "decision")
    with pytest.raises(psycopg.errors.UniqueViolation):
        attempt(role, copied("decision", columns), id=desk.proposed.pk)


# --- more than is owed, and what is no number ---------------------------------------


@pytest.mark.parametrize("amount", ["0.000000000000000001", "5", "'NaN'", "0", "-1"])
def test_payments_of_an_event_do_not_exceed_what_is_owed(
    amount: str, desk: Desk, role: App
) -> None:
    """The 5 that are owed are proposed already: nothing may be added."""
    statement = copied(
        "payment", columns_of(role, "payment"), amount=amount, **NEW_PAYMENT
    )
    with pytest.raises(Refused):
        attempt(role, statement, id=desk.payment.pk)


@pytest.mark.parametrize("amount", ["5.000000000000000001", "'NaN'", "0", "-5", "1e19"])
def test_a_decision_does_not_go_beyond_the_assessment(
    amount: str, desk: Desk, role: App
) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_decision SET status = 'returned' WHERE id = %(id)s",
            copied(
                "decision",
                columns_of(role, "decision"),
                amount=amount,
                status="'proposed'",
            ),
            id=desk.proposed.pk,
        )


def test_a_payment_does_not_rest_on_a_proposed_decision(desk: Desk, role: App) -> None:
    statement = copied(
        "payment",
        columns_of(role, "payment"),
        decision_id="%(decision)s",
        case_id="%(case)s",
        event_id="%(event)s",
        **NEW_PAYMENT,
    )
    with pytest.raises(Refused):
        attempt(
            role,
            statement,
            id=desk.payment.pk,
            decision=desk.proposed.pk,
            case=desk.proposed.case_id,
            event=desk.proposed.case.event_id,
        )


def test_a_payment_does_not_borrow_another_cases_decision(
    desk: Desk, role: App
) -> None:
    statement = copied(
        "payment",
        columns_of(role, "payment"),
        case_id="%(case)s",
        event_id="%(event)s",
        **NEW_PAYMENT,
    )
    with pytest.raises(Refused):
        attempt(
            role,
            statement,
            id=desk.payment.pk,
            case=desk.new_case.pk,
            event=desk.new_case.event_id,
        )


def test_a_withdrawal_does_not_exceed_what_was_posted(desk: Desk, role: App) -> None:
    statement = copied(
        "payment", columns_of(role, "payment"), kind="'withdrawal'", **NEW_PAYMENT
    )
    with pytest.raises(Refused):
        attempt(role, statement, id=desk.payment.pk)


def test_a_decision_with_live_payments_is_not_voided(desk: Desk, role: App) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_decision SET status = 'voided' WHERE id = %(id)s",
            id=desk.decided.pk,
        )


# --- steps the lifecycle does not know ----------------------------------------------

CASE_EDGES = {(str(before), step.to_status) for (before, _), step in CASE_STEPS.items()}
PAYMENT_EDGES = {
    (str(before), step.to_status) for (before, _), step in PAYMENT_STEPS.items()
}


@pytest.mark.parametrize("status", [*CaseStatus][1:])
def test_a_new_case_does_not_jump_or_move_unrecorded_to(
    status: str, desk: Desk, role: App
) -> None:
    """A known step fails at commit, for want of its transition."""
    with pytest.raises(Refused) as refusal:
        attempt(
            role,
            "UPDATE recovery_recoverycase SET status = %(status)s,"
            " version = version + 1 WHERE id = %(id)s",
            status=status,
            id=desk.new_case.pk,
        )
    is_known = ("new", status) in CASE_EDGES and status != CaseStatus.MERGED
    assert ("was not recorded" in str(refusal.value)) is is_known


@pytest.mark.parametrize("place", ["payment", "approved", "in_batch", "sent"])
@pytest.mark.parametrize("status", [*PaymentStatus])
def test_a_payment_does_not_jump_or_move_unrecorded(
    place: str, status: str, desk: Desk, role: App
) -> None:
    payment: Payment = getattr(desk, place)
    payment_status = PaymentStatus(role_status(role, payment))
    if payment_status == status:
        return
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_payment SET status = %(status)s WHERE id = %(id)s",
            status=status,
            id=payment.pk,
        )


def role_status(role: App, payment: Payment) -> str:
    row = role.execute(
        "SELECT status FROM recovery_payment WHERE id = %s", [payment.pk]
    ).fetchone()
    assert row
    return str(row[0])


def test_a_sent_payment_never_becomes_payable_again(desk: Desk, role: App) -> None:
    """Not even with a transition written for it (TRUST T14)."""
    for status in ("approved", "cancelled", "in_batch", "proposed"):
        with pytest.raises(Refused):
            attempt(
                role,
                "INSERT INTO recovery_transition (case_id, payment_id, version, action,"
                " from_status, to_status, actor_name, reason, receipt_digest, at)"
                " VALUES (%(case)s, %(id)s, 9, 'undo', 'sent', %(status)s, 'x', '', '',"
                " now())",
                "UPDATE recovery_payment SET status = %(status)s WHERE id = %(id)s",
                case=desk.sent.case_id,
                id=desk.sent.pk,
                status=status,
            )


FORGED_STEP = (
    "INSERT INTO recovery_transition (case_id, payment_id, version, action,"
    " from_status, to_status, actor_name, reason, receipt_digest, at)"
    " VALUES (%(case)s, %(payment)s, %(version)s, %(action)s, %(before)s, %(after)s,"
    " 'x', '', '', now())"
)


def test_a_step_is_not_recorded_ahead_of_its_change(desk: Desk, role: App) -> None:
    """Else the change could follow some day, with nobody named for it."""
    values = {"case": desk.new_case.pk, "payment": None, "version": 2}
    with pytest.raises(Refused, match="recorded but not taken"):
        attempt(
            role,
            FORGED_STEP,
            action="take",
            before="new",
            after="investigating",
            **values,
        )
    with pytest.raises(Refused, match="knows no step"):
        attempt(role, FORGED_STEP, action="take", before="new", after="owed", **values)


def test_an_earlier_step_of_the_same_edge_does_not_serve_again(
    desk: Desk, role: App
) -> None:
    case = desk.proposed.case
    with pytest.raises(Refused, match="was not recorded"):
        attempt(
            role,
            "UPDATE recovery_decision SET status = 'voided' WHERE id = %(id)s",
            "UPDATE recovery_recoverycase SET status = 'investigating',"
            " version = version + 1 WHERE id = %(case)s",
            "UPDATE recovery_recoverycase SET status = 'awaiting_customer',"
            " version = version + 1 WHERE id = %(case)s",
            FORGED_STEP,
            id=desk.proposed.pk,
            case=case.pk,
            payment=None,
            version=5,
            action="ask_customer",
            before="investigating",
            after="awaiting_customer",
        )


def test_a_step_makes_the_next_version(desk: Desk, role: App) -> None:
    for table, row in (("recoverycase", desk.new_case), ("payment", desk.payment)):
        status = "investigating" if table == "recoverycase" else "cancelled"
        for version in ("version", "version + 2", "version - 1"):
            with pytest.raises((*Refused, psycopg.errors.Error)):
                attempt(
                    role,
                    f"UPDATE recovery_{table} SET status = %(status)s,"
                    f" version = {version} WHERE id = %(id)s",
                    status=status,
                    id=row.pk,
                )


# --- batches ------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["carl", "max"])
def test_a_batch_is_not_released_by_its_builder_or_proposer(
    who: str, desk: Desk, role: App
) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_payoutbatch SET released_by_id = %(who)s,"
            " released_at = now() WHERE id = %(id)s",
            id=desk.batch.pk,
            who=getattr(desk, who),
        )


def test_a_released_batch_stays_as_it_is(desk: Desk, role: App) -> None:
    changes = (
        "lines = 2",
        "totals = '{}'",
        "hash_total = 'x'",
        "file_sha256 = 'x'",
        "released_by_id = %(lia)s",
        "released_by_id = NULL, released_at = NULL",
    )
    for change in changes:
        with pytest.raises(Refused):
            attempt(
                role,
                f"UPDATE recovery_payoutbatch SET {change} WHERE id ="
                " (SELECT batch_id FROM recovery_payment WHERE id = %(id)s)",
                id=desk.sent.pk,
                lia=desk.lia,
            )


def test_who_built_a_batch_is_not_rewritten(desk: Desk, role: App) -> None:
    with pytest.raises(Refused):
        attempt(
            role,
            "UPDATE recovery_payoutbatch SET built_by_id = %(lia)s WHERE id = %(id)s",
            id=desk.batch.pk,
            lia=desk.lia,
        )


def test_a_payment_is_not_sent_in_a_batch_nobody_released(
    desk: Desk, role: App
) -> None:
    with pytest.raises(Refused, match="somebody else released"):
        attempt(
            role,
            "UPDATE recovery_payment SET status = 'sent',"
            " version = version + 1 WHERE id = %(id)s",
            id=desk.in_batch.pk,
        )


# --- history ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table", ["recoverycase", "decision", "payment", "payoutbatch"]
)
def test_money_rows_are_not_deleted(table: str, desk: Desk, role: App) -> None:
    with pytest.raises(Refused):
        attempt(role, f"DELETE FROM recovery_{table}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attempt(role, f"TRUNCATE recovery_{table} CASCADE")


@pytest.mark.parametrize(
    "table", ["approval", "transition", "auditentry", "assessmentresult", "ledgerentry"]
)
def test_the_owner_is_refused_by_a_trigger_as_well(
    table: str, desk: Desk, django_db_blocker: DjangoDbBlocker
) -> None:
    owner = database_from_env(DatabaseRole.OWNER)
    with psycopg.connect(
        host=owner["HOST"],
        port=owner["PORT"] or None,
        user=owner["USER"],
        password=owner["PASSWORD"] or None,
        dbname=connection.settings_dict["NAME"],
        options="-c lock_timeout=5s",
    ) as as_owner:
        for statement in (
            "UPDATE {} SET id = id",
            "DELETE FROM {}",
            "TRUNCATE {} CASCADE",
        ):
            with pytest.raises(Refused), as_owner.transaction():
                as_owner.execute(statement.format(f"recovery_{table}"))
