"""How far a job is: on the page at once, live by a small script."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from recovery.admin.show import moment, span_text, words
from recovery.models import Job, JobKind, JobState
from recovery.services.jobs import job_rate
from recovery.services.leases import lease_length

_QUIET = timedelta(seconds=20)  # A chunk takes a few seconds.
_ENDED = frozenset({JobState.DONE, JobState.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Progress:
    """What the bar and the line under it say."""

    state: str
    state_words: str
    percent: int | None  # None where nobody knows how much there is.
    text: str
    error: str
    is_ended: bool
    url: str = ""

    def as_json(self) -> dict[str, object]:
        """What the script reads."""
        return {
            "state": self.state,
            "state_words": self.state_words,
            "percent": self.percent,
            "text": self.text,
            "error": self.error,
            "is_ended": self.is_ended,
        }


def progress_of(job: Job, url: str = "", now: datetime | None = None) -> Progress:
    """The progress of a job in words."""
    done, total = job.progress_done, job.progress_total
    is_done = job.state == JobState.DONE
    is_known = bool(total) or not done
    # An estimate may be short of the end: only the end is 100.
    percent = 100 if is_done else min(done * 100 // total, 99) if total else 0
    return Progress(
        state=job.state,
        state_words=words(job.state),
        percent=percent if is_done or is_known else None,
        text=_text(job, now or timezone.now()),
        error=job.error,
        is_ended=JobState(job.state) in _ENDED,
        url=url,
    )


def _silence(job: Job, now: datetime) -> timedelta | None:
    """How long a running job's worker has said nothing; None while that is normal."""
    if job.lease_until is None:
        return None
    silence = now - (job.lease_until - lease_length())
    return silence if silence > _QUIET else None


def _text(job: Job, now: datetime) -> str:
    if job.state == JobState.DONE:
        return job.message or f"Done at {moment(job.finished_at)}."
    if job.state == JobState.QUARANTINED:
        return f"Stopped after {job.tries} {'try' if job.tries == 1 else 'tries'}."
    if job.state == JobState.DUE:
        return "Waits for a free worker."
    return _running_text(job, now, job.progress_unit or "steps")


def _begun_text(job: Job, unit: str) -> str:
    if job.progress_done:
        return f"{job.progress_done:,} {unit} were done before; it goes on from there."
    return "Running."


def _running_text(job: Job, now: datetime, unit: str) -> str:
    if silence := _silence(job, now):
        return (
            f"{job.progress_done:,} {unit} done. Nothing was heard from its worker for "
            f"{span_text(silence)}: if it is gone, another goes on from there."
        )
    rate = job_rate(job, now)
    if rate is None:
        return job.message or _begun_text(job, unit)
    per_second, seconds_left = rate
    if seconds_left is None:
        return f"{job.progress_done:,} {unit} so far, {per_second:,.0f} {unit}/s."
    is_guess = job.kind == JobKind.IMPORT
    of_all = f"of {'about ' if is_guess else ''}{job.progress_total:,} {unit}"
    left = span_text(timedelta(seconds=seconds_left))
    told = f"{job.progress_done:,} {of_all}, {per_second:,.0f} {unit}/s"
    return f"{told}, about {left} left. {job.message}"
