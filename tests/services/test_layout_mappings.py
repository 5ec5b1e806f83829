"""A file no layout fits is mapped by hand: seen, saved, approved by somebody else."""

from dataclasses import replace

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
from recovery.models import (
    LayoutMapping,
    LedgerEntry,
    MappingStatus,
    Provenance,
    SourceFile,
    SourceFileState,
)
from recovery.selectors.layout_mappings import files_read_by, layout_of
from recovery.services import layout_mappings
from recovery.services.import_undo import source_file_undo
from recovery.services.layout_mappings import (
    draft_look,
    file_look,
    layout_mapping_approve,
    layout_mapping_propose,
    layout_mapping_refuse,
    layout_mapping_withdraw,
)
from recovery.services.rules import rules_ship
from recovery.services.source_files import source_file_receive, source_file_request
from recovery.tasks import run_all_due
from recovery.venues.column_mapping import MappingIncompleteError
from tests.story import NOW, People
from tests.venues.test_column_mapping import DRAFT, HEADER, ROWS, written

pytestmark = pytest.mark.django_db
SAID = {"reason": "It is how they export.", "source": "Ticket 9", "account": "7"}


@pytest.fixture(autouse=True)
def _rules(db: None) -> None:
    rules_ship()


def brought(people: People, provenance: Provenance, *more: str) -> SourceFile:
    """A file of the unknown layout; `more` makes other bytes of it."""
    rows = [*ROWS, *((*ROWS[0][:3], "1", "USDT", one) for one in more)]
    path = written(people.folder, HEADER, *rows)
    file = source_file_receive(
        people.ada, path=path, name="log.csv", provenance=provenance, account="7"
    )
    run_all_due()
    file.refresh_from_db()
    return file


@pytest.fixture
def sent(people: People) -> SourceFile:
    """Sent by a customer, refused."""
    return brought(people, Provenance.CUSTOMER_SUPPLIED)


def proposed(people: People, file: SourceFile) -> LayoutMapping:
    return layout_mapping_propose(people.ada, file, DRAFT, **SAID, now=NOW)


def approved(people: People, mapping: LayoutMapping) -> None:
    layout_mapping_approve(
        people.lia, mapping, shown_digest=mapping.content_digest, now=NOW
    )
    run_all_due()


# --- refusals ---------------------------------------------------------------------


def test_the_file_is_refused_with_its_columns_before(sent: SourceFile) -> None:
    assert sent.state == SourceFileState.REFUSED
    assert "No known layout has the columns: Booked, Kind" in sent.refusal
    facts = file_look(sent)
    assert facts["header"] == list(HEADER)
    assert [row["cells"] for row in facts["rows"]] == [list(row) for row in ROWS]


@pytest.mark.parametrize("missing", ["reason", "source"])
def test_nobody_saves_without_saying_why_and_whence(
    people: People, sent: SourceFile, missing: str
) -> None:
    said = {**SAID, missing: " "}
    with pytest.raises(NotReadyError, match=r"Say w"):
        layout_mapping_propose(people.ada, sent, DRAFT, **said, now=NOW)


def test_who_neither_proposes_nor_drafts_saves_nothing(
    people: People, sent: SourceFile
) -> None:
    with pytest.raises(DutyMissingError):
        layout_mapping_propose(people.bea, sent, DRAFT, **SAID, now=NOW)


@pytest.mark.parametrize(
    ("changed", "refusal", "why"),
    [
        ({"columns": {}}, MappingIncompleteError, "which column is the time"),
        ({"zone": "Nowhere"}, NotReadyError, "zone"),
        (
            {"columns": {**DRAFT.columns, "amount": "Kind", "operation": "Net"}},
            NotReadyError,
            "no row of the file is understood",
        ),
        ({"header": ("Other",), "columns": {}}, MappingIncompleteError, "time"),
    ],
)
def test_a_draft_that_reads_nothing_is_not_saved(
    people: People,
    sent: SourceFile,
    changed: dict[str, object],
    refusal: type[RecoveryError],
    why: str,
) -> None:
    draft = replace(DRAFT, **changed)
    with pytest.raises(refusal, match=why):
        layout_mapping_propose(people.ada, sent, draft, **SAID, now=NOW)
    assert not LayoutMapping.objects.exists()


def test_layouts_beyond_what_a_request_carries_are_refused(
    people: People, sent: SourceFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout_mappings, "TABLES_BYTES_MAX", 100)
    with pytest.raises(NotReadyError, match="too many layouts"):
        proposed(people, sent)


def test_only_another_confirmed_lead_who_looked_approves(
    people: People, sent: SourceFile
) -> None:
    mapping = layout_mapping_propose(people.lia, sent, DRAFT, **SAID, now=NOW)
    digest = mapping.content_digest
    second = replace(people.ada, duties=people.lia.duties)
    tried: list[tuple[object, str, type[RecoveryError]]] = [
        (people.lia, digest, SamePersonError),
        (people.bea, digest, DutyMissingError),
        (replace(second, confirmed_at=None), digest, FreshFactorNeededError),
        (second, "0" * 64, StaleError),
    ]
    for actor, shown, refusal in tried:
        with pytest.raises(refusal):
            layout_mapping_approve(actor, mapping, shown_digest=shown, now=NOW)
    mapping.refresh_from_db()
    assert mapping.status == MappingStatus.PROPOSED


def test_a_layout_files_count_by_is_not_taken_away(
    people: People, sent: SourceFile
) -> None:
    mapping = proposed(people, sent)
    run_all_due()
    with pytest.raises(NotReadyError, match=r"undo log\.csv first"):
        layout_mapping_refuse(people.lia, mapping, reason="No.", now=NOW)
    with pytest.raises(NotReadyError, match=r"undo log\.csv first"):
        layout_mapping_withdraw(people.ada, mapping, now=NOW)
    sent.refresh_from_db()
    source_file_undo(people.ada, sent, reason="Misread.")
    layout_mapping_refuse(people.lia, mapping, reason="No.", now=NOW)
    mapping.refresh_from_db()
    assert mapping.status == MappingStatus.REFUSED


def test_the_database_refuses_another_content_and_one_person(
    people: People, sent: SourceFile
) -> None:
    mapping = proposed(people, sent)
    rows = LayoutMapping.objects.filter(pk=mapping.pk)
    changes = (
        {"terms": {}},
        {"status": "approved"},
        {"status": "approved", "decided_by": people.ada.user},
    )
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)


# --- what follows -----------------------------------------------------------------


def test_a_draft_is_looked_at_without_being_saved(sent: SourceFile) -> None:
    facts = draft_look(sent, DRAFT)
    assert (facts["understood"], facts["problem_count"]) == (4, 0)
    assert facts["unknown_operations"] == {"Start": 1}
    assert facts["rows"][1]["is"] == "line"
    assert not LayoutMapping.objects.exists()


def test_a_customers_file_is_read_at_once_and_proves_nothing(
    people: People, sent: SourceFile
) -> None:
    mapping = proposed(people, sent)
    run_all_due()
    sent.refresh_from_db()
    assert (sent.state, sent.accepted) == (SourceFileState.LOADED, 4)
    assert (sent.venue, sent.layout) == ("coinhall", "wallet-log staff-1")
    assert layout_of(sent) == mapping
    assert files_read_by(mapping) == [sent]
    assert any("made by staff, not verified" in one for one in sent.warnings)


@pytest.mark.parametrize("provenance", ["house", "venue_api", "staff_obtained"])
def test_files_that_prove_wait_for_the_second_person(
    people: People, provenance: str
) -> None:
    file = brought(people, Provenance(provenance))
    mapping = proposed(people, file)
    run_all_due()
    file.refresh_from_db()
    assert file.state == SourceFileState.REFUSED
    approved(people, mapping)
    file.refresh_from_db()
    assert (file.state, file.accepted) == (SourceFileState.LOADED, 4)
    assert LedgerEntry.objects.filter(role="PNL").count() == 1


def test_the_next_file_with_that_header_is_recognised(
    people: People, sent: SourceFile
) -> None:
    approved(people, proposed(people, sent))
    following = brought(people, Provenance.HOUSE, "9")
    assert (following.state, following.accepted, following.duplicate) == (
        SourceFileState.LOADED,
        1,
        4,
    )


def test_a_file_once_begun_is_read_on_by_the_same_version(
    people: People, sent: SourceFile
) -> None:
    first = proposed(people, sent)
    approved(people, first)
    second = layout_mapping_propose(
        people.ada, sent, replace(DRAFT, title="Better"), **SAID, now=NOW
    )
    assert second.version == 2
    sent.refresh_from_db()
    (table,) = source_file_request(sent).profiles
    assert table["layouts"][0]["generation"] == "staff-1"
    other = brought(people, Provenance.CUSTOMER_SUPPLIED, "9")
    assert other.layout == "wallet-log staff-2"
