"""What an approval seals, laid out for the second person's eyes."""

import json
from dataclasses import dataclass
from typing import Any

from recovery.admin.acts import OfferedAct
from recovery.admin.pages import Fact
from recovery.admin.show import amount_text, moment, read_aloud, words
from recovery.domain.canonical import canonical_json
from recovery.domain.lifecycle import PaymentStatus
from recovery.domain.role_limits import NOT_PRICED
from recovery.domain.words import DecisionStatus
from recovery.models import Decision, Payment
from recovery.selectors.explanations import decision_differences
from recovery.services.payments import payment_content


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed content beside what is so now.

    Attributes:
        differences: What changed since the proposal, in words; empty when nothing.
    """

    title: str
    facts: list[Fact]
    digest: str
    text: str
    differences: list[str]
    acts: list[OfferedAct]
    url: str = ""
    is_waiting: bool = True
    own_words: str = ""
    answer: str = ""


_LABELS = {
    "fee": "Network's fee, borne by the customer",
    "house_fee": "Network's fee, borne by the house",
    "value": "Worth",
}
_DIGESTS = frozenset({"decision", "receipt"})


def _shown(key: str, value: Any) -> Fact:
    return Fact(_LABELS.get(key, words(key)), _told(key, value))


def _told(key: str, value: Any) -> Any:
    if key == "value":
        amount, currency = value
        unknown = NOT_PRICED if currency else "—"
        return f"{amount} {currency}" if amount else unknown
    if isinstance(value, list):
        return _told_list(key, value)
    if key == "kind":
        return words(str(value))
    if key in _DIGESTS:
        return f"{str(value)[:16]}…"
    return value if value not in (None, "") else "—"


def _told_list(key: str, value: list[Any]) -> Any:
    if key == "destination":
        return read_aloud(*value)
    if key == "conversion":
        return " → ".join(value)
    if key == "leaves":
        asset, amount = value
        return f"{amount} {asset}"
    return ", ".join(words(str(part)) for part in value if part) or "—"


def sealed_facts(sealed: str) -> list[Fact]:
    """A sealed content as labels and values, what matters first."""
    content: dict[str, Any] = json.loads(sealed)
    order = ["kind", "amount", "asset", "reason", "provenance", "destination"]
    keys = [key for key in order if key in content]
    keys += [key for key in content if key not in {*order, "schema"}]
    return [_shown(key, content[key]) for key in keys]


def sealed_decision(
    decision: Decision,
    acts: list[OfferedAct],
    *,
    url: str = "",
    is_own: bool = False,
    answer: str = "",
) -> Sealed:
    """The sealed content of a decision."""
    waits = decision.status == DecisionStatus.PROPOSED
    amount = amount_text(decision.amount, decision.asset)
    return Sealed(
        title=f"{words(decision.kind)} {amount}, proposed by {decision.proposer} "
        f"on {moment(decision.proposed_at)}",
        facts=sealed_facts(decision.sealed),
        digest=decision.content_digest,
        text=decision.sealed,
        differences=decision_differences(decision) if waits else [],
        acts=acts,
        url=url,
        is_waiting=waits,
        own_words=_own(waits=waits, is_own=is_own),
        answer=answer,
    )


def sealed_payment(
    payment: Payment, acts: list[OfferedAct], *, url: str = "", is_own: bool = False
) -> Sealed:
    """The sealed content of a payment."""
    waits = payment.status == PaymentStatus.PROPOSED
    amount = amount_text(payment.amount, payment.asset)
    return Sealed(
        title=f"{words(payment.kind)} {amount}, proposed by {payment.proposer} "
        f"on {moment(payment.proposed_at)}",
        facts=sealed_facts(payment.sealed),
        digest=payment.content_digest,
        text=payment.sealed,
        differences=_payment_differences(payment) if waits else [],
        acts=acts,
        url=url,
        is_waiting=waits,
        own_words=_own(waits=waits, is_own=is_own),
    )


def _own(*, waits: bool, is_own: bool) -> str:
    if not (waits and is_own):
        return ""
    return "You proposed this, or the amount in it: a second person must approve it."


def _payment_differences(payment: Payment) -> list[str]:
    sealed: dict[str, Any] = json.loads(payment.sealed)
    now: dict[str, Any] = json.loads(canonical_json(payment_content(payment)))
    changed = [
        f"{words(key)} is not what was sealed."
        for key in sealed
        if now.get(key) != sealed[key]
    ]
    status = payment.decision.status
    if status != DecisionStatus.APPROVED:
        changed.append(f"The decision behind it is {words(status).lower()} now.")
    return changed
