"""Unknown row types on the desk: seen, said, approved by somebody else."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from recovery.models import LedgerEntry, OperationMapping, SourceFile
from recovery.selectors.file_sums import sums_read
from recovery.selectors.imports import import_report
from recovery.services.rules import rules_ship
from recovery.venues.operation_meanings import OperationKey
from tests.admin.doors import act_url, page_url, signed_in, take, text_of
from tests.services.test_operation_mappings import rebated_ledger
from tests.services.test_scratch import pasted
from tests.story import bring_in, write_ledger

pytestmark = pytest.mark.django_db
LIST = reverse("admin:recovery_operationmapping_unknown")
KEY = OperationKey("house", "house-ledger", "fee_rebate")
SAID = {
    **KEY._asdict(),
    "role": "CREDIT",
    "marker": "",
    "reason": "It pays a fee back.",
    "source": "Ticket 4711",
}


def page_of(key: OperationKey) -> str:
    url = reverse("admin:recovery_operationmapping_one", args=[key.venue, key.layout])
    return f"{url}?operation={key.operation}"


@pytest.fixture(autouse=True)
def _rows(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "files"
    rules_ship()
    bring_in(write_ledger(tmp_path / "ledger.csv", [rebated_ledger()]))


def test_a_checker_is_offered_no_form_and_posting_is_refused(bea: User) -> None:
    client = signed_in(bea)
    assert "Say what a row type means" not in text_of(client.get(page_of(KEY)))
    answer = client.post(page_of(KEY), SAID)
    assert answer.status_code == 409
    assert not OperationMapping.objects.exists()


def test_a_refused_form_keeps_what_was_typed(ada: User) -> None:
    answer = signed_in(ada).post(page_of(KEY), {**SAID, "role": "INFO"})
    assert answer.status_code == 409
    assert "no cash effect" in text_of(answer)
    assert "It pays a fee back." in text_of(answer)


def test_a_row_type_nobody_ever_saw_has_no_page(ada: User) -> None:
    assert signed_in(ada).get(page_of(KEY._replace(operation="x"))).status_code == 404


def test_from_the_list_to_a_proposal_and_its_approval(ada: User, lia: User) -> None:
    analyst, lead = signed_in(ada), signed_in(lia)
    shown = text_of(analyst.get(LIST))
    assert "fee_rebate" in shown
    assert "nobody said yet" in shown
    answer = analyst.post(page_of(KEY), SAID, follow=True)
    assert "somebody else must approve it" in text_of(answer)
    assert "From Operation unknown to Ties" in text_of(answer)
    mapping = OperationMapping.objects.get()
    assert act_url(mapping, "approve") not in text_of(answer)
    assert "Take it back" in text_of(answer)
    done = take(lead, mapping, "approve", shown_digest=mapping.content_digest)
    assert "its rows are read anew" in text_of(done)
    assert "Compensation credited v1, approved" in text_of(analyst.get(LIST))
    entry = LedgerEntry.objects.get(role="UNKNOWN")
    assert "Read as CREDIT, by staff." in text_of(analyst.get(page_url(entry)))


def test_another_content_than_shown_is_not_approved(ada: User, lia: User) -> None:
    signed_in(ada).post(page_of(KEY), SAID)
    mapping = OperationMapping.objects.get()
    answer = take(signed_in(lia), mapping, "approve", shown_digest="0" * 64)
    assert "changed since the page was opened" in text_of(answer)
    mapping.refresh_from_db()
    assert mapping.status == "proposed"


def test_a_proposal_is_refused_with_a_reason(ada: User, lia: User) -> None:
    signed_in(ada).post(page_of(KEY), SAID)
    mapping = OperationMapping.objects.get()
    take(signed_in(lia), mapping, "refuse", reason="It is funding.")
    mapping.refresh_from_db()
    assert (mapping.status, mapping.decision_reason) == ("refused", "It is funding.")


def approved(ada: User, lia: User, **said: str) -> None:
    signed_in(ada).post(page_of(KEY), {**SAID, **said})
    mapping = OperationMapping.objects.latest("version")
    take(signed_in(lia), mapping, "approve", shown_digest=mapping.content_digest)
    mapping.refresh_from_db()
    assert mapping.status == "approved"


def test_sums_of_a_file_count_a_row_type_under_what_staff_approved(
    ada: User, lia: User
) -> None:
    file = SourceFile.objects.get()
    assert sums_read(file)["USDT"]["UNKNOWN"] == "5"
    approved(ada, lia)
    sums = sums_read(file)["USDT"]
    assert (sums["CREDIT"], "UNKNOWN" in sums) == ("5", False)
    assert import_report(file)["sums"]["USDT"] == sums
    assert file.sums["USDT"]["UNKNOWN"] == "5"  # As the file alone says.
    page = text_of(signed_in(ada).get(page_url(file)))
    assert "Compensation credited" in page
    assert "Not known what it is" not in page


def test_rows_outside_the_period_of_a_meaning_stay_unknown(
    ada: User, lia: User
) -> None:
    file = SourceFile.objects.get()
    approved(ada, lia, valid_from="2026-10-11")
    assert sums_read(file) == file.sums
    approved(ada, lia, valid_from="2026-10-10", valid_to="2026-10-11")
    assert sums_read(file)["USDT"]["CREDIT"] == "5"


def test_rows_seen_before_count_under_the_meaning_too(
    ada: User, lia: User, tmp_path: Path
) -> None:
    approved(ada, lia)
    ledgers = [rebated_ledger(), rebated_ledger("A-2")]
    both = bring_in(write_ledger(tmp_path / "both.csv", ledgers))
    assert both.duplicate
    assert sums_read(both)["USDT"]["CREDIT"] == "10"
    assert "UNKNOWN" not in sums_read(both)["USDT"]


def test_a_preview_and_the_scratch_page_read_by_the_meaning(
    ada: User, lia: User, tmp_path: Path
) -> None:
    approved(ada, lia)
    client = signed_in(ada)
    path = write_ledger(tmp_path / "other.csv", [rebated_ledger("A-3")])
    upload = reverse("admin:recovery_sourcefile_list_act", args=["upload"])
    file = SimpleUploadedFile("other.csv", path.read_bytes())
    page = text_of(
        client.post(upload, {"file": file, "provenance": "house"}, follow=True)
    )
    assert "Said by staff" in page
    assert "Compensation credited" in page
    assert "Not known what it is" not in page

    scratch = reverse("admin:recovery_sourcefile_scratch")
    rows = pasted(rebated_ledger("A-4"))
    told = text_of(client.post(scratch, {"rows": rows}))
    assert "Row type “fee_rebate”, 1 row: read as staff approved." in told
    assert "Not known what it is" not in told
    assert "is not known" not in told
