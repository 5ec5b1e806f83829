"""Files come in by the page, once, and what was refused goes out."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from recovery.models import Job, RejectedRecord, SourceFile
from recovery.services.leases import lease_length
from tests import factories
from tests.admin.doors import list_url, page_url, signed_in, take, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.FILES_DIR = tmp_path


def post_file(client, name: str = "ledger.csv", body: bytes = b"a,b\n"):
    upload = reverse("admin:recovery_sourcefile_list_act", args=["upload"])
    file = SimpleUploadedFile(name, body)
    return client.post(upload, {"file": file, "provenance": "house"}, follow=True)


def test_a_maker_of_no_imports_uploads_nothing(bea: User) -> None:
    answer = post_file(signed_in(bea))
    assert "Refused" in text_of(answer)
    assert not SourceFile.objects.exists()


def test_an_upload_is_stored_and_not_loaded_before_somebody_says_so(ada: User) -> None:
    answer = post_file(signed_in(ada), name="../../etc/ledger.csv")
    assert "nothing is loaded yet" in text_of(answer)
    source = SourceFile.objects.get()
    assert (source.name, source.received_by) == ("ledger.csv", ada)
    assert (source.state, source.job) == ("previewed", None)


def test_the_same_file_again_changes_nothing(ada: User) -> None:
    client = signed_in(ada)
    post_file(client)
    SourceFile.objects.update(state="loaded")
    assert "came in before" in text_of(post_file(client, name="other.csv"))
    assert SourceFile.objects.get().name == "ledger.csv"


def test_a_file_larger_than_allowed_is_refused(ada: User, settings) -> None:
    settings.UPLOAD_BYTES_MAX = 3
    assert "that this desk takes: export shorter periods" in text_of(
        post_file(signed_in(ada))
    )
    assert not SourceFile.objects.exists()


def test_the_page_of_a_file_shows_that_nothing_was_lost(ada: User) -> None:
    file = factories.source_file()
    page = text_of(signed_in(ada).get(page_url(file)))
    line = "10 records = 8 accepted + 1 duplicate + 0 ignored + 1 rejected."
    assert line in page


def test_rejected_records_leave_as_text_that_no_spreadsheet_runs(ada: User) -> None:
    file = factories.source_file()
    RejectedRecord.objects.create(
        source_file=file, row_number=7, column="amount", value="=cmd()", reason="none"
    )
    address = reverse("admin:recovery_sourcefile_rejected", args=[file.pk])
    answer = signed_in(ada).get(address)
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "7,amount,'=cmd(),none" in text_of(answer)


def test_progress_is_told_with_rate_and_time_left(ada: User) -> None:
    job = Job.objects.create(
        kind="import",
        state="running",
        due_at=factories.NOW,
        started_at=timezone.now() - timedelta(seconds=10),
        progress_done=1000,
        progress_total=4000,
        progress_unit="rows",
    )
    address = reverse("admin:recovery_job_progress", args=[job.pk])
    told = signed_in(ada).get(address).json()
    assert (told["percent"], told["is_ended"]) == (25, False)
    assert "1,000 of about 4,000 rows, " in told["text"]
    assert "left" in told["text"]


def test_a_quarantined_job_is_put_back_by_those_who_import(ada: User) -> None:
    job = Job.objects.create(kind="import", state="quarantined", due_at=factories.NOW)
    otto = signed_in(factories.staff("otto", Role.AUDITOR))
    assert take(otto, job, "put-back").status_code == 409
    take(signed_in(ada), job, "put-back")
    job.refresh_from_db()
    assert job.state == "due"


def test_the_page_of_a_stopped_import_says_so_and_leads_to_the_job(ada: User) -> None:
    client = signed_in(ada)
    job = Job.objects.create(kind="import", state="due", due_at=factories.NOW)
    source = factories.source_file()
    SourceFile.objects.update(state="stored", job=job)
    source.refresh_from_db()
    told = {"attempt": 3, "at": "2026-11-22T12:00:00+00:00", "holder": "h:1"}
    Job.objects.update(
        state="quarantined",
        attempt=3,
        error="OSError: disk",
        tried=[{**told, "error": "OSError: disk"}],
    )

    page = text_of(client.get(page_url(source)))
    assert "Its job stopped and needs a person." in page
    assert page_url(source.job) in page
    assert "Quarantined" in page

    job = text_of(client.get(page_url(source.job)))
    assert "What was tried" in job and "OSError: disk" in job
    assert "mend its cause, then try again" in job
    assert "The job is due again." in text_of(take(client, source.job, "put-back"))
    source.job.refresh_from_db()
    assert (source.job.state, source.job.tries) == ("due", 0)


def test_a_job_whose_end_nobody_knows_says_how_far_it_is(ada: User) -> None:
    job = Job.objects.create(
        kind="import",
        state="running",
        due_at=factories.NOW,
        started_at=timezone.now() - timedelta(seconds=10),
        progress_done=1000,
        progress_unit="rows",
    )
    address = reverse("admin:recovery_job_progress", args=[job.pk])
    told = signed_in(ada).get(address).json()
    assert told["percent"] is None
    assert told["text"].startswith("1,000 rows so far, ")
    assert '<progress max="100" aria-label' in text_of(
        signed_in(ada).get(page_url(job))
    )


def test_a_worker_that_says_nothing_is_told_instead_of_a_rate(ada: User) -> None:
    job = Job.objects.create(
        kind="import",
        state="running",
        due_at=factories.NOW,
        started_at=timezone.now() - timedelta(seconds=90),
        lease_until=timezone.now() + lease_length() - timedelta(seconds=45),
        progress_done=1000,
        progress_total=4000,
        progress_unit="rows",
    )
    address = reverse("admin:recovery_job_progress", args=[job.pk])
    text = signed_in(ada).get(address).json()["text"]
    assert text.startswith(
        "1,000 rows done. Nothing was heard from its worker for 45 s"
    )
    assert "rows/s" not in text


def test_a_refused_act_of_a_list_keeps_what_was_typed(ada: User) -> None:
    client = signed_in(ada)
    address = reverse("admin:recovery_sourcefile_list_act", args=["paste"])
    answer = client.post(address, {"rows": "a stranger's rows", "provenance": ""})
    assert answer.status_code == 409
    assert "a stranger" in text_of(answer)
    assert (
        client.get(f"{address}?q=x").headers["Location"]
        == f"{list_url(SourceFile)}?q=x"
    )
