"""The invariants hold after a whole story, and each one notices what breaks it."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from recovery.models import Heartbeat, OutboxMessage
from recovery.selectors.invariant_rules import INVARIANTS
from recovery.selectors.invariants import invariants_broken
from recovery.services.invariants import invariants_watch
from tests.faults.stories import credited, posted, withdrawal
from tests.story import NOW, People, bring_in, receive, short_ledger, write_ledger

pytestmark = pytest.mark.django_db
LONG_AGO = NOW.replace(year=2020)
# What somebody who owns the database might do past every guard.
BREAKERS = {
    "a record is lost": """I1
        UPDATE recovery_sourcefile SET records = records + 1, state = 'refused'
    """,
    "an entry is lost": """I1
        DELETE FROM recovery_ledgerentry
        WHERE id IN (SELECT max(id) FROM recovery_ledgerentry)
    """,
    "an old assessment is active": """I2
        UPDATE recovery_assessment SET number = number + 1
    """,
    "a receipt is changed": """I2
        UPDATE recovery_assessment SET receipt = 'another'
    """,
    "a payment is sent twice": """I3
        INSERT INTO recovery_transition (case_id, payment_id, version, action,
          from_status, to_status, actor_name, reason, receipt_digest, at)
        SELECT case_id, payment_id, version + 100, action, from_status, to_status,
          actor_name, reason, receipt_digest, at
        FROM recovery_transition WHERE action = 'send'
    """,
    "more is paid than owed": """I4
        UPDATE recovery_payment SET amount = amount + 1 WHERE kind = 'credit'
    """,
    "more is withdrawn than credited": """I4
        UPDATE recovery_payment SET amount = amount + 1 WHERE kind = 'withdrawal'
    """,
    "an approval is gone": """I5
        DELETE FROM recovery_approval
    """,
    "what was approved is another content": """I5
        UPDATE recovery_payment SET sealed = sealed || '!'
    """,
    "nobody released": """I5
        UPDATE recovery_payoutbatch SET released_by_id = NULL, released_at = NULL
    """,
    "a line is missing": """I6
        UPDATE recovery_payoutbatch SET lines = lines + 1
    """,
    "a total is wrong": """I6
        UPDATE recovery_payoutbatch SET totals = jsonb_build_object('USDT', '1')
    """,
    "an entry was never sealed": """I7
        DELETE FROM recovery_auditseal
        WHERE position = (SELECT max(position) FROM recovery_auditseal)
    """,
    "a link is missing": """I7
        DELETE FROM recovery_auditseal WHERE position = 2
    """,
    "a step is in no audit": """I7
        DELETE FROM recovery_auditseal WHERE entry_id IN
          (SELECT id FROM recovery_auditentry WHERE action = 'case.take');
        DELETE FROM recovery_auditentry WHERE action = 'case.take'
    """,
    "a status without a step": """I8
        UPDATE recovery_payment SET status = 'returned' WHERE kind = 'credit'
    """,
    "a step out of the air": """I8
        UPDATE recovery_transition SET from_status = 'held' WHERE action = 'send'
    """,
    "more goodwill than the month holds": """I13
        UPDATE recovery_goodwillbudget SET month_amount = 1
    """,
    "a fee without its rule": """I14
        UPDATE recovery_payment SET fee_amount = 0.5 WHERE kind = 'withdrawal'
    """,
    "a set-off without its decision": """I15
        INSERT INTO recovery_setoffpolicy (id, period, version, terms_reference,
          is_confirmed, created_at, venue, client_classes)
          VALUES (1, '[2020-01-01,)', 1, 'x', true, now(), 'house', '{institutional}');
        INSERT INTO recovery_setoff (reference, policy_id, decision_id, collection_id,
          asset, amount, owed_before_amount, due_before_amount, status, reason, sealed,
          content_digest, proposer_id, proposed_at, ended_reason)
        SELECT 'SO-X', 1, d.id, 1, d.asset, 1, 1, 1, 'proposed', 'x', '', '',
          d.proposer_id, now(), ''
        FROM recovery_decision d WHERE d.status = 'approved' LIMIT 1
    """,
    "a mail is stuck": """I9
        UPDATE recovery_outboxmessage SET state = 'sending', sent_at = '2020-01-01'
    """,
    "a worker is dead": """I11
        UPDATE recovery_job SET state = 'running', lease_until = '2020-01-01'
    """,
    "a file has lost its job": """I11
        UPDATE recovery_sourcefile SET state = 'stored', job_id = NULL
    """,
}


@pytest.fixture
def whole_story(people: People) -> People:
    """Owed, credited, posted; a withdrawal is on its way and a file waits."""
    payment = people.approved(withdrawal(people))
    people.budget()
    people.goodwill(payment.case)
    receive(write_ledger(people.folder / "more.csv", [short_ledger("A-9")]))
    committed()
    return people


def committed() -> None:
    """Have done what a commit does: the audit is sealed."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_all_hold_after_a_whole_story(whole_story: People) -> None:
    assert invariants_broken() == []


@pytest.mark.parametrize("breaker", BREAKERS)
def test_what_breaks_an_invariant_is_named(breaker: str, whole_story: People) -> None:
    name, _, statement = BREAKERS[breaker].partition("\n")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)

    assert name in {one.invariant for one in invariants_broken()}


def test_every_invariant_has_somebody_who_breaks_it() -> None:
    broken = {text.partition("\n")[0] for text in BREAKERS.values()}
    assert broken == {one.name for one in INVARIANTS}


def test_the_heartbeat_moves_while_all_hold(people: People) -> None:
    assert invariants_watch() == []
    assert Heartbeat.objects.get(name="invariants").beat_at <= timezone.now()


def test_the_heartbeat_stands_still_while_one_is_broken(people: People) -> None:
    OutboxMessage.objects.create(
        key="k",
        event="e",
        recipient="a@b.example",
        state="sending",
        sent_at="2020-01-01T00:00Z",
    )
    assert [one.invariant for one in invariants_watch()] == ["I9"]
    assert not Heartbeat.objects.filter(name="invariants").exists()


def test_the_command_names_what_is_broken_and_ends_with_1(people: People) -> None:
    out = StringIO()
    call_command("check_invariants", "--json", stdout=out)
    assert json.loads(out.getvalue())["holds"] is True

    OutboxMessage.objects.create(
        key="k",
        event="e",
        recipient="a@b.example",
        state="sending",
        sent_at="2020-01-01T00:00Z",
    )
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_invariants", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (ended.value.code, told["holds"]) == (1, False)
    (broken,) = [one for one in told["invariants"] if one["broken"]]
    assert (broken["name"], broken["broken"][0]["why"]) == (
        "I9",
        "has been leaving for more than an hour",
    )


def test_posting_twice_changes_nothing(people: People, tmp_path: Path) -> None:
    payment = posted(people)
    bring_in(credited(tmp_path, "A-1", payment))
    committed()
    assert invariants_broken() == []
