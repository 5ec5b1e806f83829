"""A demo brought in through the real pipeline, held against its own truth."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import F

from recovery.models import AssessmentResult, Event, SourceFile, SourceFileState
from recovery.services.demo import demo_files_receive
from recovery.tasks import run_all_due
from tests.demo.reading import truth_events

Key = tuple[str, str, str, datetime]


def bring_in_demo(folder: Path) -> None:
    """Reference data, files, jobs: as `make run` does it."""
    demo_files_receive(folder, run_due=run_all_due, say=lambda _line: None)
    run_all_due()
    refused = SourceFile.objects.exclude(state=SourceFileState.LOADED)
    assert [(file.name, file.refusal) for file in refused] == []
    assert not SourceFile.objects.filter(kind="reference", rejected__gt=0).exists()


def found_on_the_desk() -> dict[Key, dict[str, Any]]:
    """What the desk says about every event, by where and when it happened."""
    results = AssessmentResult.objects.filter(
        assessment__event__active_assessment=F("assessment")
    ).select_related("assessment__event__account")
    return {_key(result.assessment.event): _told(result) for result in results}


def _key(event: Event) -> Key:
    account = event.account
    return (account.venue, account.number, event.instrument, event.started_at)


def _told(result: AssessmentResult) -> dict[str, Any]:
    event = result.assessment.event
    return {
        "kind": event.kind,
        "asset": result.asset,
        "expected_residual": result.residual_amount,
        "expected_deficit": result.deficit_amount,
        "received": result.received_amount,
        "variance": result.variance_amount,
        "primary_reason": result.reason or None,
        "parts": {part["reason"]: Decimal(part["amount"]) for part in result.parts},
    }


_AMOUNTS = ("expected_residual", "expected_deficit", "received", "variance")


def true_events(folder: Path) -> dict[Key, dict[str, Any]]:
    """The generator's truth in the same form."""
    return dict(_true_events(folder))


def _true_events(folder: Path) -> Iterator[tuple[Key, dict[str, Any]]]:
    for event in truth_events(folder):
        at = datetime.fromisoformat(event["started_at"])
        key = (event["venue"], event["account"], event["instrument"], at)
        told = {
            "kind": event["kind"],
            "asset": event["asset"],
            "primary_reason": event["primary_reason"],
            "parts": {r: Decimal(text) for r, text in event["parts"].items()},
            **{name: Decimal(event[name]) for name in _AMOUNTS},
        }
        yield key, told


def differences(folder: Path) -> list[tuple[Key, Any, Any]]:
    """Events the desk and the truth do not tell alike, to the last digit."""
    truth, found = true_events(folder), found_on_the_desk()
    return [
        (key, truth.get(key), found.get(key))
        for key in sorted(truth.keys() | found.keys())
        if truth.get(key) != found.get(key)
    ]


def clean_events_with_a_break(folder: Path) -> list[str]:
    """Events without any defect that somebody is asked to look at."""
    clean = {
        (event["venue"], event["account"], event["instrument"], event["started_at"])
        for event in truth_events(folder)
        if event["scenario"] in ("clean", "reduction_saved", "reduction_failed")
    }
    return [
        event.reference
        for event in Event.objects.filter(breaks__isnull=False).select_related(
            "account"
        )
        if (*_key(event)[:3], f"{event.started_at:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z")
        in clean
    ]
