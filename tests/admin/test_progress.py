"""The line under a progress bar says what this attempt does, and how fast."""

from datetime import UTC, datetime, timedelta

from recovery.admin.progress import progress_of
from recovery.models import Job

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def running(done: int, before: int = 0) -> str:
    """The line of an import that began ten seconds ago."""
    job = Job(
        kind="import",
        state="running",
        started_at=NOW - timedelta(seconds=10),
        progress_done=done,
        progress_from=before,
        progress_total=10_000,
        progress_unit="rows",
    )
    return progress_of(job, now=NOW).text


def test_the_rate_is_of_all_rows_where_nothing_was_done_before() -> None:
    assert "500 rows/s, about 10 s left" in running(5_000)


def test_rows_of_an_earlier_attempt_make_a_job_no_faster() -> None:
    assert "100 rows/s" in running(5_000, before=4_000)


def test_a_job_that_only_found_its_place_names_no_rate() -> None:
    told = "4,000 rows were done before; it goes on from there."
    assert running(4_000, before=4_000) == told


def test_a_job_that_began_anew_counts_from_nothing() -> None:
    assert "300 rows/s" in running(3_000, before=4_000)
