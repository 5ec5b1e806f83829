"""How far a job is: on the page at once, live by a small script."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from recovery.admin.show import moment, span_text, words
from recovery.models import Job, JobState
from recovery.services.jobs import job_rate

_ENDED = frozenset({JobState.DONE, JobState.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Progress:
    """What the bar and the line under it say."""

    state: str
    state_words: str
    percent: int
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
    percent = 100 if is_done else min(done * 100 // total, 100) if total else 0
    return Progress(
        state=job.state,
        state_words=words(job.state),
        percent=percent,
        text=_text(job, now or timezone.now()),
        error=job.error,
        is_ended=JobState(job.state) in _ENDED,
        url=url,
    )


def _text(job: Job, now: datetime) -> str:
    unit = job.progress_unit or "steps"
    counted = f"{job.progress_done:,} of {job.progress_total:,} {unit}"
    if job.state == JobState.DONE:
        return job.message or f"Done at {moment(job.finished_at)}."
    if job.state == JobState.QUARANTINED:
        return f"Stopped after {job.tries} {'try' if job.tries == 1 else 'tries'}."
    if job.state == JobState.DUE:
        return "Waits for a free worker."
    rate = job_rate(job, now)
    if rate is None:
        return job.message or "Running."
    per_second, seconds_left = rate
    left = span_text(timedelta(seconds=seconds_left))
    return f"{counted}, {per_second:,.0f} {unit}/s, about {left} left. {job.message}"
