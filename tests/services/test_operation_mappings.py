"""Staff say what a row type means: never alone, never rewriting a row."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from recovery.domain.errors import (
    DutyMissingError,
    FreshFactorNeededError,
    NotReadyError,
    RecoveryError,
    SamePersonError,
    StaleError,
)
from recovery.domain.ledger import EventMarker, LedgerRole
from recovery.models import (
    AuditEntry,
    Event,
    LedgerEntry,
    MappingStatus,
    OperationMapping,
    StaffNotice,
)
from recovery.selectors.operation_mappings import unknown_operations
from recovery.services.operation_mappings import (
    OperationDraft,
    operation_mapping_approve,
    operation_mapping_propose,
    operation_mapping_refuse,
    operation_mapping_withdraw,
)
from recovery.services.receipts import receipt_check
from recovery.services.rules import rules_ship
from recovery.tasks import run_all_due
from tests.story import NOW, HouseAccount, People, bring_in, write_ledger

pytestmark = pytest.mark.django_db
DRAFT = OperationDraft(
    venue="house",
    layout="house-ledger",
    operation="Fee_Rebate ",
    role=LedgerRole.CREDIT,
    reason="The bookkeeping says so.",
    source="Ticket 4711",
)


def rebated_ledger(number: str = "A-1") -> HouseAccount:
    """Liquidated at 20; one row of a type nobody knows stands inside the event."""
    account = HouseAccount(number, [])
    account.open_position()
    account.liquidate("20", "5.1")
    told = {"instrument": "BTCUSDT", "event_id": f"EV-{number}"}
    account.add("fee_rebate", "5", **told)
    return account


@pytest.fixture(autouse=True)
def _rows(people: People, tmp_path: Path) -> None:
    rules_ship()
    bring_in(write_ledger(tmp_path / "ledger.csv", [rebated_ledger()]))


def reason_of_event() -> str:
    event = Event.objects.get()
    assert event.active_assessment
    return str(event.active_assessment.results.get().reason)


def approved(people: People, draft: OperationDraft = DRAFT) -> OperationMapping:
    mapping = operation_mapping_propose(people.ada, draft, now=NOW)
    operation_mapping_approve(
        people.lia, mapping, shown_digest=mapping.content_digest, now=NOW
    )
    run_all_due()
    mapping.refresh_from_db()
    return mapping


# --- refusals ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"reason": " "}, "why"),
        ({"source": ""}, "where it was read"),
        ({"operation": "fee_rebat"}, "No row"),
        ({"venue": "bybit"}, "No row"),
        ({"layout": "transaction-log"}, "No row"),
        ({"role": LedgerRole.INFO}, "move money"),
        ({"role": LedgerRole.UNKNOWN}, "Nothing was said"),
        ({"valid_from": NOW, "valid_to": NOW}, "period is empty"),
    ],
)
def test_a_draft_without_sense_is_refused(
    people: People, changed: dict[str, object], why: str
) -> None:
    with pytest.raises(NotReadyError, match=why):
        operation_mapping_propose(people.ada, replace(DRAFT, **changed), now=NOW)
    assert not OperationMapping.objects.exists()


def test_who_neither_proposes_nor_drafts_proposes_nothing(people: People) -> None:
    with pytest.raises(DutyMissingError):
        operation_mapping_propose(people.max_, DRAFT, now=NOW)


def test_a_second_proposal_waits_for_the_first(people: People) -> None:
    operation_mapping_propose(people.ada, DRAFT, now=NOW)
    with pytest.raises(NotReadyError, match="waits"):
        operation_mapping_propose(people.ada, DRAFT, now=NOW)


def test_only_another_confirmed_lead_who_looked_approves(people: People) -> None:
    mapping = operation_mapping_propose(people.lia, DRAFT, now=NOW)
    digest = mapping.content_digest
    late = replace(people.lia, confirmed_at=datetime(2026, 1, 1, tzinfo=UTC))
    stranger = replace(people.ada, duties=people.lia.duties)
    tried: list[tuple[object, str, type[RecoveryError]]] = [
        (people.lia, digest, SamePersonError),
        (people.bea, digest, DutyMissingError),
        (
            replace(stranger, confirmed_at=late.confirmed_at),
            digest,
            FreshFactorNeededError,
        ),
        (stranger, "0" * 64, StaleError),
    ]
    for actor, shown, refusal in tried:
        with pytest.raises(refusal):
            operation_mapping_approve(actor, mapping, shown_digest=shown, now=NOW)
    with pytest.raises(SamePersonError):
        operation_mapping_refuse(people.lia, mapping, reason="No.", now=NOW)
    assert reason_of_event() == "OPERATION_UNKNOWN"


def test_only_who_proposed_takes_back_and_a_refusal_says_why(people: People) -> None:
    mapping = operation_mapping_propose(people.ada, DRAFT, now=NOW)
    with pytest.raises(NotReadyError, match="Only who proposed"):
        operation_mapping_withdraw(people.lia, mapping, now=NOW)
    with pytest.raises(NotReadyError, match="Say why"):
        operation_mapping_refuse(people.lia, mapping, reason=" ", now=NOW)
    operation_mapping_withdraw(people.ada, mapping, now=NOW)
    with pytest.raises(NotReadyError, match="withdrawn already"):
        operation_mapping_refuse(people.lia, mapping, reason="No.", now=NOW)
    second = operation_mapping_propose(people.ada, DRAFT, now=NOW)
    operation_mapping_refuse(people.lia, second, reason="It is a transfer.", now=NOW)
    second.refresh_from_db()
    assert (second.version, second.status) == (2, MappingStatus.REFUSED)
    assert reason_of_event() == "OPERATION_UNKNOWN"


@pytest.mark.parametrize(
    "change",
    [
        {"role": "PNL"},
        {"reason": "Other."},
        {"status": "approved"},
        {"status": "approved", "decided_by": "proposer"},
    ],
)
def test_the_database_refuses_another_content_and_one_person(
    people: People, change: dict[str, object]
) -> None:
    mapping = operation_mapping_propose(people.ada, DRAFT, now=NOW)
    if change.get("decided_by"):
        change = {**change, "decided_by": people.ada.user}
    with pytest.raises(IntegrityError), transaction.atomic():
        OperationMapping.objects.filter(pk=mapping.pk).update(**change)


def test_the_database_refuses_a_born_approval_and_a_deletion(people: People) -> None:
    mapping = approved(people)
    with pytest.raises(IntegrityError), transaction.atomic():
        OperationMapping.objects.filter(pk=mapping.pk).update(status="refused")
    with pytest.raises(IntegrityError), transaction.atomic():
        OperationMapping.objects.filter(pk=mapping.pk).delete()
    mapping.pk, mapping.version = None, 7
    with pytest.raises(IntegrityError), transaction.atomic():
        mapping.save(force_insert=True)


# --- what follows -----------------------------------------------------------------


def test_unknown_operations_are_counted_with_their_money() -> None:
    (found,) = unknown_operations()
    assert found.key == ("house", "house-ledger", "fee_rebate")
    assert (found.names, found.rows, found.accounts) == (["fee_rebate"], 1, 1)
    assert [(one.asset, str(one.amount.normalize())) for one in found.money] == [
        ("USDT", "5")
    ]


def test_the_shadow_run_says_which_events_change_and_writes_nothing(
    people: People,
) -> None:
    people.case(Event.objects.get())
    mapping = operation_mapping_propose(people.ada, DRAFT, now=NOW)
    shadow = mapping.shadow
    assert (shadow["rows"], shadow["accounts"], shadow["changed"]) == (1, 1, 1)
    assert (shadow["new"], shadow["gone"], shadow["case_count"]) == (0, 0, 1)
    assert shadow["reasons"] == [["OPERATION_UNKNOWN", "ties", 1]]
    assert reason_of_event() == "OPERATION_UNKNOWN"
    assert StaffNotice.objects.filter(subject_kind="operationmapping").count() == 1


def test_an_approved_meaning_is_read_named_and_proved(people: People) -> None:
    approved(people)
    event = Event.objects.get()
    assert reason_of_event() == ""
    receipt = json.loads(event.active_assessment.receipt)
    assert receipt["mappings"] == ["house house-ledger “fee_rebate” v1"]
    assert receipt_check(event).agrees
    assert LedgerEntry.objects.filter(role="UNKNOWN").count() == 1
    acts = AuditEntry.objects.values_list("action", flat=True)
    assert {"operation_mapping.propose", "operation_mapping.approved"} <= set(acts)


def test_rows_that_come_later_are_read_by_it_too(people: People) -> None:
    approved(people)
    later = write_ledger(people.folder / "later.csv", [rebated_ledger("A-2")])
    bring_in(later)
    second = Event.objects.get(account__number="A-2")
    assert second.active_assessment.results.get().reason == ""


def test_rows_outside_its_period_stay_unknown(people: People) -> None:
    approved(people, replace(DRAFT, valid_from=NOW))
    assert reason_of_event() == "OPERATION_UNKNOWN"


def test_undoing_is_one_version_more(people: People) -> None:
    approved(people)
    undo = approved(people, replace(DRAFT, role=LedgerRole.UNKNOWN))
    assert undo.version == 2
    assert reason_of_event() == "OPERATION_UNKNOWN"
    receipt = json.loads(Event.objects.get().active_assessment.receipt)
    assert "mappings" not in receipt
    approved(people)
    assert reason_of_event() == ""


def test_a_marker_makes_an_event_of_rows_nobody_knew(people: People) -> None:
    account = HouseAccount("A-3", [])
    account.open_position()
    forced = {"instrument": "BTCUSDT", "side": "sell", "quantity": "10"}
    account.add(
        "forced_exit", "-800", price="20", position_after="0", order_id="O-9", **forced
    )
    account.add("trading_fee", "-0.1", price="20", order_id="O-9", **forced)
    bring_in(write_ledger(people.folder / "forced.csv", [account]))
    assert not Event.objects.filter(account__number="A-3").exists()
    draft = replace(
        DRAFT,
        operation="FORCED_EXIT",
        role=LedgerRole.PNL,
        marker=EventMarker.LIQUIDATION,
    )
    mapping = approved(people, draft)
    assert mapping.shadow["new"] == 1
    event = Event.objects.get(account__number="A-3")
    assert event.kind == "liquidation"
