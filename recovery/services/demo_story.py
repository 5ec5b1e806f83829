"""The demo's cases: a few events taken through the real services, each to its own place.

Which event shows what is looked up in the truth the generator keeps beside its files;
every amount comes from the assessment.
"""

import json
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from accounts.models import Customer, Destination, ScreeningResult, User
from recovery.demo.next_file import BookedCredit, write_next_ledger
from recovery.domain.ledger import ZERO
from recovery.domain.words import BreakReason, DecisionKind, PaymentKind
from recovery.models import (
    Decision,
    Event,
    LedgerEntry,
    Payment,
    Provenance,
    RecoveryCase,
    SourceFile,
)
from recovery.services.actors import OPERATOR, Actor, staff_actor
from recovery.services.batches import batch_build, batch_release
from recovery.services.cases import case_open, case_take
from recovery.services.claims import Filing, claim_file
from recovery.services.decisions import (
    decision_approve,
    decision_expected,
    decision_propose,
)
from recovery.services.destinations import (
    Screening,
    Verification,
    Wanted,
    destination_approve,
    destination_propose,
    destination_screen,
    destination_verify,
)
from recovery.services.payments import payment_approve, payment_propose
from recovery.services.source_files import source_file_receive

DEMO_ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"

_FEE = "The fee taken was higher than the fee schedule in force allows."
_OWED = {
    BreakReason.FUNDING_VARIANCE: (
        "Funding was taken on the whole position after a part of it was closed."
    ),
    BreakReason.CREDIT_MISSING: (
        "What was left went to the insurance fund; by the terms it is yours."
    ),
}
_REASONS = {
    DecisionKind.NOT_OWED: (
        "At this venue the position was taken over at the bankruptcy price; the "
        "terms give what is left to the insurance fund."
    ),
    DecisionKind.DEFICIT: (
        "The position closed beyond the bankruptcy price; the insurance fund covered "
        "the rest, you owe nothing."
    ),
}


class DemoStory:
    """Writes the demo's cases; keeps what the next scene needs."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.now = now
        self._truth = json.loads((folder / "truth.json").read_text())["events"]
        self._used: set[int] = set()
        self.ada, self.max, self.bea, self.rio, self.sam = (
            # They stand before their screens: the second factor was asked just now.
            staff_actor(User.objects.get(username=name), confirmed_at=now)
            for name in ("ada", "max", "bea", "rio", "sam")
        )

    def tell(self) -> str:
        """Play all scenes.

        Returns:
            The reference of the claim that waits for the visitor.
        """
        self._paid()
        self._decided("to_fund")
        self._decided("deficit_covered")
        self._proposed("missing")
        self._under_way("funding_wrong")
        return self._filed("fee_wrong")

    def _events(self, scenario: str) -> Iterator[Event]:
        for told in self._truth:
            if told["scenario"] != scenario:
                continue
            event = Event.objects.filter(
                account__venue=told["venue"],
                account__number=told["account"],
                account__customer__isnull=False,
                instrument=told["instrument"],
                started_at=told["started_at"],
            ).first()
            if event and event.pk not in self._used:
                yield event

    def _event(self, scenario: str, *, venue: str = "") -> Event:
        for event in self._events(scenario):
            if venue in ("", event.account.venue):
                self._used.add(event.pk)
                return event
        raise LookupError(f"the demo has no event of the scenario {scenario}")

    def _case(self, event: Event, actor: Actor) -> RecoveryCase:
        case = case_open(
            self.sam, event=event, customer=None, origin="agent", now=self.now
        )
        return case_take(actor, case, now=self.now)

    def _propose(self, case: RecoveryCase) -> Decision:
        if case.event is None or case.event.active_assessment is None:
            raise LookupError(f"{case} has no assessment")
        result = case.event.active_assessment.results.get()
        kind, amount = decision_expected(result)
        return decision_propose(
            self.ada,
            case,
            result=result,
            kind=kind,
            amount=amount,
            reason=_reason(kind, result.reason),
            now=self.now,
        )

    def _approve(self, decision: Decision) -> Decision:
        return decision_approve(
            self.bea, decision, shown_digest=decision.content_digest, now=self.now
        )

    def _paid(self) -> None:
        """Owed, credited, seen in the next house file; a withdrawal waits for a check."""
        case = self._case(self._event("fee_and_funding", venue="house"), self.ada)
        decision = self._approve(self._propose(case))
        payment = payment_propose(
            self.max,
            decision,
            kind=PaymentKind.CREDIT,
            amount=decision.amount,
            now=self.now,
        )
        payment_approve(
            self.bea, payment, shown_digest=payment.content_digest, now=self.now
        )
        batch = batch_build(self.max, PaymentKind.CREDIT, now=self.now)
        batch_release(self.rio, batch, now=self.now)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "house-ledger-next.csv"
            next_house_file_write(path, at=self.now)
            self.next_file = next_house_file_receive(path)

    def withdraw(self) -> None:
        """After the credit was posted: a withdrawal to a destination on file."""
        payment = Payment.objects.filter(status="posted").select_related(
            "case__customer", "decision"
        )[0]
        if payment.case.customer is None:
            return
        destination = self._destination(payment.case.customer, payment.asset)
        payment_propose(
            self.max,
            payment.decision,
            kind=PaymentKind.WITHDRAWAL,
            amount=payment.amount,
            now=self.now,
            destination=destination,
            hold_reference=f"HOLD-{payment.reference}",
        )

    def _destination(self, customer: Customer, asset: str) -> Destination:
        """A destination that cooled down already: proposed five days ago."""
        then = self.now - timedelta(days=5)
        lia = staff_actor(User.objects.get(username="lia"), confirmed_at=then)
        wanted = Wanted(asset, "ETHEREUM", DEMO_ADDRESS)
        made = destination_propose(self.sam, customer, wanted, now=then)
        proof = Verification("Called back on the number on file.", "Ticket 4711")
        destination_verify(self.ada, made, proof, now=then)
        found = Screening("Example Screening", ScreeningResult.CLEAR, then)
        destination_screen(self.ada, made, found, now=then)
        return destination_approve(lia, made, now=then)

    def _decided(self, scenario: str) -> None:
        self._approve(self._propose(self._case(self._event(scenario), self.ada)))

    def _proposed(self, scenario: str) -> None:
        self._propose(self._case(self._event(scenario), self.ada))

    def _under_way(self, scenario: str) -> None:
        self._case(self._event(scenario), self.sam)

    def _filed(self, scenario: str) -> str:
        event = self._event(scenario, venue="house")
        claim = claim_file(
            Filing(
                account_number=event.account.number,
                transaction_id=event.source_reference,
                message="My position was liquidated, and less was left than I expect.",
            ),
            now=self.now,
        )
        return claim.reference


def _reason(kind: DecisionKind, why: str) -> str:
    """What the customer reads, after what the assessment found."""
    if kind == DecisionKind.OWED:
        return _OWED.get(BreakReason(why), _FEE)
    return _REASONS[kind]


def next_house_file_write(path: Path, *, at: datetime) -> int:
    """Play the platform: book every credit that was sent, write its next ledger file.

    Returns:
        How many credits the file holds.
    """
    sent = Payment.objects.filter(kind=PaymentKind.CREDIT, status="sent")
    booked = [
        _booked(payment)
        for payment in sent.select_related("event__account").order_by("id")
        if payment.event.account.venue == "house"
    ]
    write_next_ledger(path, booked, at=at)
    return len(booked)


def _booked(payment: Payment) -> BookedCredit:
    event = payment.event
    last = (
        LedgerEntry.objects.filter(account=event.account, asset=payment.asset)
        .exclude(balance_after=None)
        .order_by("-occurred_at", "-source_file_id", "-sequence")
        .first()
    )
    return BookedCredit(
        payment_reference=payment.reference,
        event_reference=event.source_reference or event.reference,
        account=event.account.number,
        asset=payment.asset,
        amount=payment.amount,
        balance_before=(last and last.balance_after) or ZERO,
    )


def next_house_file_receive(path: Path) -> SourceFile:
    """Hand the platform's next file to the import."""
    return source_file_receive(
        OPERATOR, path=path, name=path.name, provenance=Provenance.HOUSE
    )
