"""How far a story has come when the next act meets a fault.

Each maker brings the desk there through the services and gives the act that follows:
its name in commands.py and its arguments.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from accounts.models import TradingAccount
from recovery.domain.words import PaymentKind
from recovery.models import FeeSchedule, Payment
from recovery.services.batches import batch_build
from recovery.services.cases import case_open
from recovery.services.due import assessments_make_due
from recovery.services.payments import payment_propose
from recovery.services.workbooks import workbook_request
from tests import factories
from tests.faults.desk import long_histories
from tests.story import (
    NOW,
    SHORT,
    HouseAccount,
    People,
    bring_in,
    receive,
    short_ledger,
    write_ledger,
)

Act = tuple[str, dict[str, Any]]
Maker = Callable[[People], Act]


def credited(folder: Path, number: str, payment: Payment) -> Path:
    """The next house file of an account: the credit of a payment is booked."""
    account: HouseAccount = short_ledger(number)
    account.second += payment.pk  # Each credit is a row of its own.
    account.add("credit", f"{payment.amount.normalize():f}", order_id=payment.reference)
    account.rows[:] = account.rows[-1:]
    return write_ledger(folder / f"{payment.reference}.csv", [account])


def posted(people: People, number: str = "A-1") -> Payment:
    """A credit that was seen in the house's own ledger."""
    payment = people.approved(people.credit(people.owed(number)))
    people.sent()
    bring_in(credited(people.folder, number, payment))
    payment.refresh_from_db()
    return payment


def withdrawal(people: People, number: str = "A-1") -> Payment:
    """A proposed withdrawal of what was credited."""
    credit = posted(people, number)
    to = factories.destination(credit.case.customer, address=f"T{number:0>33}")
    return payment_propose(
        people.max_,
        credit.decision,
        kind=PaymentKind.WITHDRAWAL,
        amount=SHORT,
        now=NOW,
        destination=to,
        hold_reference=f"HOLD-{number}",
    )


def confirmation(payment: Payment, status: str = "confirmed") -> str:
    amount = f"{payment.amount.normalize():f}"
    return (
        "payment_reference,status,confirmation_reference,asset,amount\n"
        f"{payment.reference},{status},TX-{payment.pk},{payment.asset},{amount}\n"
    )


def case_waits(people: People) -> Act:
    event = people.event(short_ledger("A-1"))
    case = case_open(people.ada, event=event, customer=None, origin="agent", now=NOW)
    return "take", {"case": case.pk}


def event_waits(people: People) -> Act:
    return "open_case", {"event": people.event(short_ledger("A-1")).pk}


def claim_waits(people: People) -> Act:
    people.event(short_ledger("A-1"))
    return "file_claim", {"account": "A-1", "transaction_id": "EV-A-1"}


def taken_case(people: People) -> Act:
    return "propose", {"case": people.case(people.event(short_ledger("A-1"))).pk}


def proposed_decision(people: People) -> Act:
    case = people.case(people.event(short_ledger("A-1")))
    return "decide", {"decision": people.proposed(case).pk}


def returned_decision(people: People) -> Act:
    return "send_back", proposed_decision(people)[1]


def owed_decision(people: People) -> Act:
    return "propose_payment", {"decision": people.owed().pk}


def proposed_payment(people: People) -> Act:
    return "approve", {"payment": people.credit(people.owed()).pk}


def unwanted_payment(people: People) -> Act:
    return "cancel", proposed_payment(people)[1]


def approved_payment(people: People) -> Act:
    return "hold", {"payment": people.approved(people.credit(people.owed())).pk}


def approved_payments(people: People) -> Act:
    decision = people.owed()
    for _ in range(3):
        people.approved(people.credit(decision, SHORT / 5))
    return "build", {}


def built_batch(people: People) -> Act:
    approved_payments(people)
    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
    return "release", {"batch": batch.pk}


def sent_withdrawal(people: People) -> Act:
    payment = people.approved(withdrawal(people))
    people.sent(PaymentKind.WITHDRAWAL)
    return "confirm", {"text": confirmation(payment)}


def wanted_workbook(people: People) -> Act:
    people.owed()
    return "ask_for_workbook", {}


def file_at_hand(people: People) -> Act:
    path = write_ledger(people.folder / "new.csv", [short_ledger("A-1")])
    return "receive", {"path": str(path)}


def day_ends(people: People) -> Act:
    people.owed()
    return "export_head", {}


# One transaction each: it happened, or it never did.
SINGLE_ACTS: dict[str, Maker] = {
    made.__name__: made
    for made in (
        event_waits,
        case_waits,
        claim_waits,
        taken_case,
        proposed_decision,
        returned_decision,
        owed_decision,
        proposed_payment,
        unwanted_payment,
        approved_payment,
        approved_payments,
        built_batch,
        sent_withdrawal,
        wanted_workbook,
        file_at_hand,
        day_ends,
    )
}


def import_waits(people: People) -> Act:
    """Four chunks of a ledger, with two events in it."""
    ledger = write_ledger(people.folder / "ledger.csv", long_histories(2, 18))
    receive(ledger)
    return "work", {"chunk": 9}


def recompute_waits(people: People) -> Act:
    """What was loaded is assessed anew under a changed schedule."""
    bring_in(write_ledger(people.folder / "ledger.csv", long_histories(3, 8)))
    changed = FeeSchedule.objects.filter(venue="house", tier="base")
    changed.update(taker_rate="0.0006", version=2)
    ids = list(TradingAccount.objects.values_list("pk", flat=True))
    assessments_make_due(ids, "rule-change")
    return "work", {}


def workbook_waits(people: People) -> Act:
    people.owed()
    workbook_request(people.max_, now=NOW)
    return "work", {}


# Many transactions each: whatever dies is taken up again and ends alike.
RESUMED_ACTS: dict[str, Maker] = {
    made.__name__: made for made in (import_waits, recompute_waits, workbook_waits)
}
