"""Draws docs/lifecycle.md from the tables in recovery.domain.lifecycle.

`python -m tests.architecture.lifecycle_page` writes the page; a test fails when the
page and the tables differ.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from recovery.domain.lifecycle import (
    CASE_DECIDED,
    CASE_ENDED,
    CASE_STEPS,
    PAYMENT_PAID,
    PAYMENT_STEPS,
    PAYMENT_VOID,
    CaseStatus,
    PaymentStatus,
    Step,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md"

_HEAD = """\
# The two lifecycles

Drawn from the tables in `recovery/domain/lifecycle.py`; do not edit this page, write
it again with `python -m tests.architecture.lifecycle_page`. Pages, services and the
guards of the database follow the same tables. What a status means for staff and for
the customer stands in the [desk handbook](desk-handbook.md).
"""

Steps = Mapping[tuple[StrEnum, StrEnum], Step]


def draw_page() -> str:
    """The whole page: both lifecycles as picture and table."""
    lines = [
        _HEAD,
        *_draw("Case", CaseStatus.NEW, CASE_STEPS),
        _group("Decided", CASE_DECIDED),
        _group("Ended", CASE_ENDED),
        "",
        *_draw("Payment", PaymentStatus.PROPOSED, PAYMENT_STEPS),
        _group("Paid", PAYMENT_PAID),
        _group("Void, so no longer counted against what is owed", PAYMENT_VOID),
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
    yield "| from | step | to | who: any of these duties | second person |"
    yield "| --- | --- | --- | --- | --- |"
    for (status, action), step in steps.items():
        duties = ", ".join(_words(duty) for duty in sorted(step.duties))
        second = "yes" if step.needs_second_person else ""
        yield f"| {status} | {action} | {step.to_status} | {duties} | {second} |"
    yield ""


def _group(name: str, statuses: frozenset[StrEnum]) -> str:
    return f"{name}: {', '.join(sorted(statuses))}.\n"


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(draw_page(), encoding="utf-8")
