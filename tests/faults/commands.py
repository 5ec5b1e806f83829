"""Every act of the desk by a name, as a child process does it: ids in, words out.

Nothing here knows of faults. People are found by login; they proved a second factor
just now.
"""

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.models import Customer, Destination, TradingAccount, User
from recovery.domain.errors import NotReadyError
from recovery.domain.words import PaymentKind
from recovery.models import (
    Decision,
    Event,
    Job,
    JobState,
    Payment,
    PayoutBatch,
    Provenance,
    RecoveryCase,
)
from recovery.services import imports
from recovery.services.actors import OPERATOR, SYSTEM, Actor
from recovery.services.audit_chain import audit_head_export
from recovery.services.batches import batch_build, batch_release, confirmations_read
from recovery.services.bells import ring_due
from recovery.services.cases import case_open, case_take
from recovery.services.claims import Filing, claim_file
from recovery.services.clock import database_now
from recovery.services.decisions import (
    decision_approve,
    decision_expected,
    decision_propose,
    decision_return,
)
from recovery.services.due import assessments_make_due
from recovery.services.jobs import jobs_due
from recovery.services.outbox import outbox_deliver
from recovery.services.payments import (
    payment_approve,
    payment_cancel,
    payment_hold,
    payment_propose,
)
from recovery.services.source_files import source_file_receive
from recovery.services.workbooks import workbook_request
from recovery.tasks import run, run_all_due
from tests import factories
from tests.faults.servers import bells_at
from tests.people import acting
from tests.story import NOW, REASON, result_of

Answer = str | int | None
COMMANDS: dict[str, Callable[..., Answer]] = {}


def command(act: Callable[..., Answer]) -> Callable[..., Answer]:
    COMMANDS[act.__name__] = act
    return act


def who(login: str) -> Actor:
    return acting(User.objects.get(username=login), NOW)


@command
def receive(path: str, provenance: str = Provenance.HOUSE) -> Answer:
    """Hand a file in; its import is due."""
    file = source_file_receive(
        OPERATOR,
        path=Path(path),
        name=Path(path).name,
        provenance=Provenance(provenance),
    )
    return file.pk


@command
def work(chunk: int = 0) -> Answer:
    """Be a worker until every job is done or given up."""
    imports.CHUNK = chunk or imports.CHUNK
    while True:
        run_all_due()
        states = set(Job.objects.values_list("state", flat=True))
        if not states & {JobState.DUE, JobState.RUNNING}:
            return Job.objects.exclude(state=JobState.DONE).count()
        time.sleep(0.05)


@command
def work_once(chunk: int = 0) -> Answer:
    """Be a worker that does what is due now and ends."""
    imports.CHUNK = chunk or imports.CHUNK
    return sum(run(job) for job, _ in jobs_due())


@command
def ring(url: str) -> Answer:
    """Ring for everything due, at a Redis that may be away."""
    with bells_at(url):
        ring_due()
    return None


@command
def recompute(reason: str) -> Answer:
    """Make every account due to be assessed anew."""
    ids = TradingAccount.objects.values_list("pk", flat=True)
    return assessments_make_due(list(ids), reason)


@command
def file_claim(account: str, transaction_id: str) -> Answer:
    filing = Filing(account_number=account, transaction_id=transaction_id)
    return claim_file(filing, now=NOW).reference


@command
def open_case(event: int) -> Answer:
    subject = Event.objects.get(pk=event)
    opened = case_open(SYSTEM, event=subject, customer=None, origin="rule", now=NOW)
    return opened.pk


@command
def take(case: int) -> Answer:
    return case_take(who("ada"), RecoveryCase.objects.get(pk=case), now=NOW).pk


@command
def propose(case: int) -> Answer:
    """Propose what the assessment says."""
    subject = RecoveryCase.objects.get(pk=case)
    result = result_of(subject)
    kind, amount = decision_expected(result)
    made = decision_propose(
        who("ada"),
        subject,
        result=result,
        kind=kind,
        amount=amount,
        reason=REASON,
        now=NOW,
    )
    return made.pk


@command
def decide(decision: int, by: str = "bea") -> Answer:
    subject = Decision.objects.get(pk=decision)
    digest = subject.content_digest
    return decision_approve(who(by), subject, shown_digest=digest, now=NOW).pk


@command
def send_back(decision: int) -> Answer:
    subject = Decision.objects.get(pk=decision)
    return decision_return(who("lia"), subject, reason="Look again.", now=NOW).pk


@command
def propose_payment(decision: int, amount: str = "") -> Answer:
    subject = Decision.objects.get(pk=decision)
    made = payment_propose(
        who("max"),
        subject,
        kind=PaymentKind.CREDIT,
        amount=Decimal(amount) if amount else subject.amount,
        now=NOW,
    )
    return made.pk


@command
def propose_withdrawal(payment: int) -> Answer:
    """Propose that what was credited leaves, as far as the customer still has it."""
    credit = Payment.objects.get(pk=payment)
    if credit.case.customer is None:
        raise NotReadyError("The account is nobody's yet.")
    address = f"T{credit.case.customer.uid:0>33}"
    to = Destination.objects.filter(address=address).first() or factories.destination(
        credit.case.customer, asset=credit.asset, address=address
    )
    made = payment_propose(
        who("max"),
        credit.decision,
        kind=PaymentKind.WITHDRAWAL,
        amount=credit.amount,
        now=NOW,
        destination=to,
        hold_reference=f"HOLD-{payment}",
    )
    return made.pk


@command
def approve(payment: int, by: str = "bea") -> Answer:
    subject = Payment.objects.get(pk=payment)
    digest = subject.content_digest
    return payment_approve(who(by), subject, shown_digest=digest, now=NOW).pk


@command
def cancel(payment: int) -> Answer:
    subject = Payment.objects.get(pk=payment)
    return payment_cancel(who("max"), subject, reason="Not any more.", now=NOW).pk


@command
def hold(payment: int) -> Answer:
    subject = Payment.objects.get(pk=payment)
    return payment_hold(who("cora"), subject, reason="Screening.", now=NOW).pk


@command
def build(kind: str = PaymentKind.CREDIT) -> Answer:
    return batch_build(who("max"), PaymentKind(kind), now=NOW).pk


@command
def release(batch: int) -> Answer:
    return batch_release(who("rio"), PayoutBatch.objects.get(pk=batch), now=NOW).pk


@command
def confirm(text: str) -> Answer:
    return str(confirmations_read(who("max"), text, now=NOW))


@command
def ask_for_workbook() -> Answer:
    return workbook_request(who("max"), now=NOW).pk


@command
def export_head() -> Answer:
    return str(audit_head_export(NOW)[0].name)


@command
def deliver() -> Answer:
    return outbox_deliver(None, database_now())


@command
def link_customer(number: str) -> Answer:
    """Say whose account a number is, as reference data does."""
    customer, _ = Customer.objects.get_or_create(
        uid=f"U-{number}",
        defaults={"full_name": "Cem Öz", "email": f"{number.lower()}@example.org"},
    )
    TradingAccount.objects.filter(venue="house", number=number).update(
        customer=customer
    )
    return customer.pk


@command
def migrate(to: str = "", but: str = "") -> Answer:
    """Bring the schema to a migration of the recovery app, by default to the last.

    Args:
        but: Leave this app where it is and bring all others to their last.
    """
    if but:
        apps = {app for app, _ in MigrationLoader(connection).graph.leaf_nodes()}
        for app in sorted(apps - {but}):
            call_command("migrate", app, verbosity=0)
        return None
    call_command("migrate", *(["recovery", to] if to else []), verbosity=0)
    return None


def run_command(name: str, arguments: dict[str, Any]) -> Answer:
    return COMMANDS[name](**arguments)
