"""Every mail to a customer: what causes it, and when it is not written.

The steps of the lifecycles are read from their own table (`domain.customer_news`);
what clocks and other acts cause is written here. Staff are told by `domain.staff_news`.
Source: ANCHORS §4.3.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from recovery.domain.customer_news import (
    CASE_STEP_MAIL,
    COLLECTION_STEP_MAIL,
    CustomerNews,
    Silence,
    Told,
    payment_step_mail,
)
from recovery.domain.lifecycle import PaymentAction
from recovery.domain.words import PaymentKind


class Message(NamedTuple):
    """One mail to customers.

    Attributes:
        event: Its name, which is the name of its text.
        causes: What it is written at, each a few words.
        unless: When it is not written although its cause is there.
    """

    event: str
    causes: tuple[str, ...]
    unless: str


_N = CustomerNews
# Told at other instants than a step of a lifecycle.
_BESIDE: Mapping[str, str] = MappingProxyType(
    {
        _N.CLAIM_RECEIVED: "a filed claim matches an account",
        _N.CLAIM_LINKED: "staff link the event of a case",
        _N.INFO_REMINDER: "50 and 90 % of the time for an answer have run",
        _N.UPDATE_GIVEN: "staff tell how far it is",
        _N.UPDATE_LATE: "a promised date has passed",
        _N.PAYMENT_LATE: "an approved payment has not left in its time, held or not",
        _N.DESTINATION_CHOSEN: "the customer chooses a destination on file",
        _N.DESTINATION_NEEDED: "50 and 90 % of the time for a new destination have run",
        _N.WITHDRAWAL_REQUESTED: "a withdrawal is proposed",
        _N.SET_OFF_APPROVED: "a second person approves a set-off",
        _N.SET_OFF_REVERSED: "a set-off is reversed",
        _N.DEFICIT_REMINDER: "the time to answer a notice has run",
    }
)
_UNLESS: Mapping[str, str] = MappingProxyType(
    {
        _N.CLAIM_RECEIVED: "more than five claims came for this customer in an hour",
        _N.UPDATE_LATE: "nothing is promised: it waits for the customer, or is decided",
        _N.PAYMENT_STOPPED: "the payment was never approved",
        _N.DEFICIT_TAKEN_BACK: "no notice was sent",
        _N.DESTINATION_CHOSEN: "it was chosen before",
    }
)
# About a customer, not about a case; to the mail that was on file before the change.
ACCOUNT_MESSAGES = (
    Message("claim.code", ("a code is asked for",), "the budget of an hour is used up"),
    Message(
        "destination.proposed",
        ("staff or the customer propose a destination",),
        "never; a mail replaced within 90 days hears of it too",
    ),
    Message(
        "destination.approved",
        ("a second person approves a destination",),
        "never; a mail replaced within 90 days hears of it too",
    ),
    Message("destination.revoked", ("a destination is taken off",), "never"),
    Message("contact.proposed", ("another mail on file is proposed",), "never"),
    Message(
        "contact.changed", ("another mail on file is approved",), "never; old and new"
    ),
)


def case_messages() -> tuple[Message, ...]:
    """Every mail about a case, with all that causes it."""
    steps: dict[str, list[str]] = {}
    for step, told in steps_told():
        if isinstance(told, CustomerNews):
            steps.setdefault(told, []).append(step)
    return tuple(
        Message(
            news.value,
            (*steps.get(news, ()), *([_BESIDE[news]] if news in _BESIDE else [])),
            _UNLESS.get(news, ""),
        )
        for news in CustomerNews
    )


def steps_told() -> Iterator[tuple[str, Told]]:
    """Every step of every lifecycle in words, and what it tells or why it does not."""
    for case_action, told in CASE_STEP_MAIL.items():
        yield f"case: {_words(case_action)}", told
    for kind in PaymentKind:
        for action in PaymentAction:
            yield f"{kind}: {_words(action)}", payment_step_mail(kind, action)
    for collection_action, told in COLLECTION_STEP_MAIL.items():
        yield f"deficit: {_words(collection_action)}", told


def silent_steps() -> dict[Silence, list[str]]:
    """Steps that tell customers nothing, by the reason."""
    found: dict[Silence, list[str]] = {reason: [] for reason in Silence}
    found[Silence.NEVER_TOLD] += [
        "credit: cancel or void approval, never approved",
        "deficit: take back, no notice sent",
    ]
    for step, told in steps_told():
        if isinstance(told, Silence):
            found[told].append(step)
    return found


def _words(action: str) -> str:
    return action.replace("_", " ")
