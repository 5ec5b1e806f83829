"""Draws docs/messages.md from the tables of news in the core.

`python -m tests.architecture.messages_page` writes the page; a test fails when the
page and the tables differ.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from recovery.domain.messages import (
    ACCOUNT_MESSAGES,
    Message,
    case_messages,
    silent_steps,
)
from recovery.domain.staff_news import DIGEST_EVERY, STAFF_NEWS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "messages.md"
_HEAD = """\
# Who is told what

Drawn from `recovery/domain/messages.py`, `customer_news.py` and `staff_news.py`; do not
edit this page, write it again with `python -m tests.architecture.messages_page`. The
desk shows every text under *Mail texts*.

A mail is a row written in the transaction of its cause, with a key that names the one
cause: a step by its number, a clock by what ran out. What is rolled back, tried or
imported as a trial tells nobody; a case without a known customer has nobody to tell. No
mail names an amount or holds a link that acts.
"""

_URGENT = f"""\
Urgent news goes out at once and takes along what waits; other news waits for
{int(DIGEST_EVERY.total_seconds() // 60)} minutes, so that many become one mail for each person.
"""


def draw_messages() -> str:
    """The whole page."""
    return "\n".join(
        [
            _HEAD,
            "## To customers, about a case\n",
            *_table(case_messages()),
            "\n## To customers, about themselves\n",
            *_table(ACCOUNT_MESSAGES),
            "\n## Steps that tell customers nothing\n",
            "| why | steps |",
            "| --- | --- |",
            *(
                f"| {why} | {', '.join(steps)} |"
                for why, steps in silent_steps().items()
            ),
            "\n## To staff\n",
            _URGENT,
            "| news | says | whoever may | urgent |",
            "| --- | --- | --- | --- |",
            *_staff(),
            "",
        ]
    )


def _table(messages: Iterable[Message]) -> Iterator[str]:
    yield "| mail | written when | not when |"
    yield "| --- | --- | --- |"
    for event, causes, unless in messages:
        yield f"| `{event}` | {'; '.join(causes)} | {unless} |"


def _staff() -> Iterator[str]:
    for news, rule in STAFF_NEWS.items():
        duties = ", ".join(sorted(duty.replace("_", " ") for duty in rule.duties))
        yield f"| `{news}` | {rule.says} | {duties} | {'yes' * rule.is_urgent} |"


if __name__ == "__main__":
    PAGE.write_text(draw_messages(), encoding="utf-8")
