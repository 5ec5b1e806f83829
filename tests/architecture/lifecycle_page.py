"""Draws docs/lifecycle.md from the tables in recovery.domain.lifecycle.

`python -m tests.architecture.lifecycle_page` writes the page; a test fails when the
page and the tables differ.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from recovery.domain.lifecycle import (
    CASE_DECIDED,
    CASE_ENDED,
    CASE_STEPS,
    COLLECTION_ENDED,
    COLLECTION_STEPS,
    PAYMENT_PAID,
    PAYMENT_STEPS,
    PAYMENT_VOID,
    CaseStatus,
    Clock,
    CollectionStatus,
    PaymentStatus,
    Step,
    case_clock,
    collection_clock,
    payment_clock,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md"

_HEAD = """\
# The lifecycles

Drawn from the tables under `recovery/domain/lifecycle.py`; do not edit this page, write
it again with `python -m tests.architecture.lifecycle_page`. Pages, services and the
guards of the database follow the same tables. What a status means for staff and for
the customer stands in the [desk handbook](desk-handbook.md).

A clock says what is due after how long in a status; where it pauses, the promise to the
customer does not run.
"""

Steps = Mapping[tuple[StrEnum, StrEnum], Step]


def draw_page() -> str:
    """The whole page: every lifecycle as picture and tables."""
    lines = [
        _HEAD,
        *_draw("Case", CaseStatus.NEW, CASE_STEPS),
        _group("Decided", CASE_DECIDED),
        _group("Ended", CASE_ENDED),
        *_clocks({one: case_clock(one) for one in CaseStatus}),
        "",
        *_draw("Payment", PaymentStatus.PROPOSED, PAYMENT_STEPS),
        _group("Paid", PAYMENT_PAID),
        _group("Void, so no longer counted against what is owed", PAYMENT_VOID),
        *_clocks({one: payment_clock(one) for one in PaymentStatus}),
        "",
        *_draw("Collection of a deficit", CollectionStatus.DUE, COLLECTION_STEPS),
        _group("Ended", COLLECTION_ENDED),
        *_clocks({one: collection_clock(one) for one in CollectionStatus}),
    ]
    return "\n".join(lines) + "\n"


def _draw(title: str, first: StrEnum, steps: Steps) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {first}"
    for (status, action), step in steps.items():
        yield f"    {status} --> {step.to_status}: {_words(action)}"
    yield "```"
    yield ""
    yield "| from | step | to | who: any of these duties | second person | reason |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for (status, action), step in steps.items():
        duties = ", ".join(_words(duty) for duty in sorted(step.duties))
        second = "yes" if step.needs_second_person else ""
        reason = "yes" if step.needs_reason else ""
        cells = (status, action, step.to_status, duties, second, reason)
        yield f"| {' | '.join(cells)} |"
    yield ""


def _group(name: str, statuses: frozenset[StrEnum]) -> str:
    return f"{name}: {', '.join(sorted(statuses))}.\n"


def _clocks(clocks: Mapping[StrEnum, Clock]) -> Iterator[str]:
    yield "| status | what is due | after | promise to the customer |"
    yield "| --- | --- | --- | --- |"
    for status, clock in clocks.items():
        pause = "paused" if clock.is_paused else "runs"
        yield f"| {status} | {_words(clock.kind)} | {_days(clock.after)} | {pause} |"


def _days(after: timedelta | None) -> str:
    if after is None:
        return "–"
    return f"{after.days} days" if after else "at once"


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(draw_page(), encoding="utf-8")
