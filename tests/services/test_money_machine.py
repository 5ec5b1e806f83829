"""A state machine over the real services: never more than is owed, whatever is tried.

Two cases of one customer, one of them about the event, are merged, taken apart, opened
again; decisions, payments, batches and outcomes come in any order; the platform books
credits of its own; the customer draws money in the wallet. Acts are repeated and broken
off in the middle, also by a worker whose lease is another's. After every step the sums
of TRUST §3.3 (I3 to I8) must hold, and so must the desk's own invariants.

MACHINE_EXAMPLES and MACHINE_STEPS make a long run of it.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.roles import Role
from recovery.domain.errors import RecoveryError
from recovery.domain.lifecycle import (
    CASE_ENDED,
    PAYMENT_VOID,
    PaymentStatus,
)
from recovery.domain.words import Basis, DecisionKind, PaymentKind
from recovery.models import (
    Adjustment,
    Approval,
    AuditEntry,
    Job,
    JobKind,
    LedgerEntry,
    OutboxMessage,
    Payment,
    PayoutBatch,
    RecoveryCase,
    SourceFile,
    StaffNotice,
    Transition,
)
from recovery.selectors.invariants import invariants_broken
from recovery.services.actors import CUSTOMER
from recovery.services.batches import (
    batch_build,
    batch_drop,
    batch_hash_total,
    batch_release,
    batch_totals,
    confirmations_read,
    payment_stop,
    payments_post,
)
from recovery.services.case_merges import case_merge, case_unmerge
from recovery.services.cases import (
    case_close,
    case_link_event,
    case_open,
    case_reopen,
    case_take,
    case_withdraw,
)
from recovery.services.decisions import (
    decision_approve,
    decision_propose,
    decision_return,
)
from recovery.services.jobs import job_claim, job_create, job_finish
from recovery.services.payments import (
    payment_approve,
    payment_cancel,
    payment_propose,
    payment_replace,
    payment_unhold,
)
from recovery.services.recomputed import decided_follow, decisions_follow
from tests import factories
from tests.people import acting
from tests.services.test_customer_news import require_each_step_told_once
from tests.story import NOW

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "8"))
STEPS = int(os.environ.get("MACHINE_STEPS", "40"))
OWED = Decimal("3.1")  # What the event of the factories is short.
AMOUNTS = st.sampled_from(
    [Decimal("0.1"), Decimal(1), Decimal("1.55"), Decimal("3.1"), Decimal("3.11")]
)
PICK = st.integers(0, 30)
ENDINGS = st.sampled_from(["confirmed", "returned", "uncertain"])


class _BrokenOffError(Exception):
    """The process dies in the middle of an act."""


def _break_off() -> None:
    raise _BrokenOffError


class MoneyMachine(RuleBasedStateMachine):
    """One event, two cases, everybody at once."""

    desk: dict[str, Any]
    reached: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.event = self.desk["event"]
        self.cases = [
            case_open(
                self.desk["ada"], event=event, customer=owner, origin="claim", now=NOW
            )
            for event, owner in ((self.event, None), (None, self.desk["owner"]))
        ]
        self.at_commit()
        self.booked = Decimal(0)  # Credits the ledger shows.
        self.outside = Decimal(0)  # Of them, those the desk did not cause.
        self.drawn = Decimal(0)  # By the customer, in the wallet.
        self.count = 0
        self.last: Callable[[], object] | None = None

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)

    # Trying -------------------------------------------------------------------------

    def attempt(self, act: Callable[[], object]) -> None:
        """Do an act as a door would: whole, or refused and nothing."""
        self.last = act
        try:
            with transaction.atomic():
                act()
                self.at_commit()
        except (RecoveryError, DatabaseError):
            return

    @staticmethod
    def at_commit() -> None:
        """Let the guards speak that wait for the commit."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def case(self, pick: int) -> RecoveryCase:
        rows = list(RecoveryCase.objects.order_by("pk"))
        return rows[pick % len(rows)]

    def payment(self, pick: int) -> Payment | None:
        rows = list(Payment.objects.select_related("case", "decision").order_by("pk"))
        return rows[pick % len(rows)] if rows else None

    def number(self) -> int:
        self.count += 1
        return self.count

    # Cases --------------------------------------------------------------------------

    @rule(pick=PICK)
    def take(self, pick: int) -> None:
        self.attempt(lambda: case_take(self.desk["ada"], self.case(pick), now=NOW))

    @rule()
    def open_again_by_claim(self) -> None:
        self.attempt(
            lambda: case_open(
                CUSTOMER, event=self.event, customer=None, origin="claim", now=NOW
            )
        )

    @rule(one=PICK, other=PICK)
    def merge(self, one: int, other: int) -> None:
        self.attempt(
            lambda: case_merge(
                self.desk["ada"],
                self.case(one),
                self.case(other),
                reason="One matter.",
                now=NOW,
            )
        )

    @rule(pick=PICK)
    def unmerge(self, pick: int) -> None:
        self.attempt(
            lambda: case_unmerge(
                self.desk["lia"], self.case(pick), reason="Two matters.", now=NOW
            )
        )

    @rule(pick=PICK)
    def link(self, pick: int) -> None:
        case = self.case(pick)
        self.attempt(
            lambda: case_link_event(
                self.desk["ada"], case, self.event, shown_version=case.version
            )
        )

    @rule(pick=PICK)
    def withdraw_claim(self, pick: int) -> None:
        self.attempt(lambda: case_withdraw(CUSTOMER, self.case(pick), now=NOW))

    @rule(pick=PICK)
    def reopen(self, pick: int) -> None:
        self.attempt(
            lambda: case_reopen(
                self.desk["lia"], self.case(pick), reason="Again.", now=NOW
            )
        )

    @rule(pick=PICK)
    def close(self, pick: int) -> None:
        self.attempt(
            lambda: case_close(
                self.desk["ada"], self.case(pick), reason="Done.", now=NOW
            )
        )

    # Decisions ----------------------------------------------------------------------

    @rule(pick=PICK, amount=AMOUNTS)
    def propose(self, pick: int, amount: Decimal) -> None:
        case = self.case(pick)
        self.event.refresh_from_db()
        result = self.event.active_assessment.results.get()
        self.attempt(
            lambda: decision_propose(
                self.desk["ada"],
                case,
                result=result,
                kind=DecisionKind.OWED,
                amount=amount,
                reason="Fee too high.",
                now=NOW,
            )
        )

    @rule(pick=PICK, who=st.sampled_from(["ada", "bea", "rio", "lia"]))
    def approve_decision(self, pick: int, who: str) -> None:
        decision = self.case(pick).decisions.order_by("-pk").first()
        if decision is not None:
            self.attempt(
                lambda: decision_approve(
                    self.desk[who],
                    decision,
                    shown_digest=decision.content_digest,
                    now=NOW,
                )
            )

    @rule(pick=PICK)
    def return_decision(self, pick: int) -> None:
        decision = self.case(pick).decisions.order_by("-pk").first()
        if decision is not None:
            self.attempt(
                lambda: decision_return(
                    self.desk["bea"], decision, reason="Look again.", now=NOW
                )
            )

    # Payments -----------------------------------------------------------------------

    @rule(pick=PICK, amount=AMOUNTS)
    def credit(self, pick: int, amount: Decimal) -> None:
        decision = self.case(pick).decisions.order_by("-pk").first()
        if decision is not None:
            self.attempt(
                lambda: payment_propose(
                    self.desk["max"],
                    decision,
                    kind=PaymentKind.CREDIT,
                    amount=amount,
                    now=NOW,
                )
            )

    @rule(pick=PICK, amount=AMOUNTS)
    def withdrawal(self, pick: int, amount: Decimal) -> None:
        decision = self.case(pick).decisions.order_by("-pk").first()
        # The wallet holds only what is there and neither held nor drawn.
        if decision is None or amount > self.wallet():
            return
        number = self.number()
        self.attempt(
            lambda: payment_propose(
                self.desk["max"],
                decision,
                kind=PaymentKind.WITHDRAWAL,
                amount=amount,
                now=NOW,
                destination=self.desk["destination"],
                hold_reference=f"H-{number}",
            )
        )

    @rule(pick=PICK, who=st.sampled_from(["ada", "max", "bea", "rio"]))
    def approve_payment(self, pick: int, who: str) -> None:
        if payment := self.payment(pick):
            self.attempt(
                lambda: payment_approve(
                    self.desk[who],
                    payment,
                    shown_digest=payment.content_digest,
                    now=NOW,
                )
            )

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        if payment := self.payment(pick):
            self.attempt(
                lambda: payment_cancel(
                    self.desk["max"], payment, reason="Not now.", now=NOW
                )
            )

    @rule(pick=PICK)
    def hold(self, pick: int) -> None:
        if payment := self.payment(pick):
            self.attempt(
                lambda: payment_stop(self.desk["cora"], payment, reason="Hit.", now=NOW)
            )

    @rule(pick=PICK)
    def unhold(self, pick: int) -> None:
        if payment := self.payment(pick):
            self.attempt(
                lambda: payment_unhold(self.desk["cora"], payment, reason="", now=NOW)
            )

    @rule(pick=PICK)
    def replace(self, pick: int) -> None:
        number = self.number()
        if payment := self.payment(pick):
            self.attempt(
                lambda: payment_replace(
                    self.desk["max"],
                    payment,
                    destination=self.desk["destination"],
                    hold_reference=f"H-{number}",
                    reason="Another address.",
                    now=NOW,
                )
            )

    @rule(kind=st.sampled_from(PaymentKind))
    def build(self, kind: PaymentKind) -> None:
        self.attempt(lambda: batch_build(self.desk["max"], kind, now=NOW))

    @rule(pick=PICK)
    def drop(self, pick: int) -> None:
        if payment := self.payment(pick):
            self.attempt(
                lambda: batch_drop(self.desk["max"], payment, reason="Out.", now=NOW)
            )

    @rule(pick=PICK, who=st.sampled_from(["max", "bea", "rio"]))
    def release(self, pick: int, who: str) -> None:
        rows = list(PayoutBatch.objects.order_by("pk"))
        if rows:
            self.attempt(
                lambda: batch_release(self.desk[who], rows[pick % len(rows)], now=NOW)
            )

    @rule(pick=PICK, ending=ENDINGS)
    def confirm(self, pick: int, ending: str) -> None:
        payment = self.payment(pick)
        if payment is None:
            return
        text = (
            "payment_reference,status,confirmation_reference,asset,amount\n"
            f"{payment.reference},{ending},TX-{payment.pk},USDT,"
            f"{payment.amount.normalize():f}\n"
        )
        self.attempt(lambda: confirmations_read(self.desk["max"], text, now=NOW))

    # The platform and the customer ----------------------------------------------------

    @rule(pick=PICK)
    def platform_books_ours(self, pick: int) -> None:
        payment = self.payment(pick)
        if payment is None or payment.kind != PaymentKind.CREDIT:
            return
        if payment.status not in (PaymentStatus.SENT, PaymentStatus.UNCERTAIN):
            return
        self.booked += payment.amount
        self.assess_anew([payment])

    @rule(amount=AMOUNTS)
    def platform_pays_by_itself(self, amount: Decimal) -> None:
        if self.booked + amount <= OWED:
            self.booked += amount
            self.outside += amount
            self.assess_anew([])

    @rule()
    def assessed_with_equal_figures(self) -> None:
        self.assess_anew([])

    def assess_anew(self, payments: list[Payment]) -> None:
        lines = (
            *factories.SHORT_LINES,
            ("credits", "0", str(self.booked), Basis.RECORDED),
        )
        with transaction.atomic():
            made = factories.assess(self.event, lines, reason="FEE_VARIANCE")
            decisions_follow(list(made.results.all()), now=NOW)
            rows = [
                LedgerEntry(
                    account=self.event.account,
                    asset="USDT",
                    amount=one.amount,
                    order_id=one.reference,
                    source_id=f"row-{one.pk}",
                )
                for one in payments
            ]
            payments_post(rows, now=NOW)
            decided_follow([self.event.account_id], now=NOW)
            self.at_commit()

    @rule(amount=AMOUNTS)
    def customer_draws_in_the_wallet(self, amount: Decimal) -> None:
        if amount <= self.wallet():
            self.drawn += amount

    def wallet(self) -> Decimal:
        """What of our credits is in the wallet, neither held for us nor drawn."""
        live = Payment.objects.exclude(status__in=PAYMENT_VOID)
        held = sum(
            live.filter(kind=PaymentKind.WITHDRAWAL).values_list("amount", flat=True),
            Decimal(0),
        )
        return self.sum_of(PaymentStatus.POSTED) - held - self.drawn

    # The way money takes when nobody disturbs it: else few walks would get far.

    @rule(amount=AMOUNTS, steps=st.integers(1, 9))
    def advance(self, amount: Decimal, steps: int) -> None:
        for _ in range(steps):
            self.advance_once(amount)

    def advance_once(self, amount: Decimal) -> None:
        before = self.fingerprint()
        last = Payment.objects.count()
        for act in (
            lambda: self.platform_books_ours_of(last),
            self.release_newest,
            lambda: self.attempt(
                lambda: batch_build(self.desk["max"], PaymentKind.CREDIT, now=NOW)
            ),
            self.approve_newest,
            lambda: self.each_case(self.credit_on, amount),
            lambda: self.each_case(self.approve_on, amount),
            lambda: self.each_case(self.propose_on, amount),
            lambda: self.each_case(self.take_one, amount),
        ):
            act()
            if self.fingerprint() != before:
                return

    def each_case(
        self, act: Callable[[RecoveryCase, Decimal], None], amount: Decimal
    ) -> None:
        for case in RecoveryCase.objects.order_by("pk"):
            act(case, amount)

    def take_one(self, case: RecoveryCase, _amount: Decimal) -> None:
        self.attempt(lambda: case_take(self.desk["ada"], case, now=NOW))

    def propose_on(self, case: RecoveryCase, amount: Decimal) -> None:
        self.event.refresh_from_db()
        result = self.event.active_assessment.results.get()
        self.attempt(
            lambda: decision_propose(
                self.desk["ada"],
                case,
                result=result,
                kind=DecisionKind.OWED,
                amount=amount,
                reason="Fee too high.",
                now=NOW,
            )
        )

    def approve_on(self, case: RecoveryCase, _amount: Decimal) -> None:
        decision = case.decisions.filter(status="proposed").first()
        if decision is not None:
            self.attempt(
                lambda: decision_approve(
                    self.desk["bea"],
                    decision,
                    shown_digest=decision.content_digest,
                    now=NOW,
                )
            )

    def credit_on(self, case: RecoveryCase, amount: Decimal) -> None:
        decision = case.decisions.filter(status="approved").first()
        if decision is not None:
            self.attempt(
                lambda: payment_propose(
                    self.desk["max"],
                    decision,
                    kind=PaymentKind.CREDIT,
                    amount=amount,
                    now=NOW,
                )
            )

    def approve_newest(self) -> None:
        payment = Payment.objects.filter(status="proposed").order_by("-pk").first()
        if payment is not None:
            self.attempt(
                lambda: payment_approve(
                    self.desk["bea"],
                    payment,
                    shown_digest=payment.content_digest,
                    now=NOW,
                )
            )

    def release_newest(self) -> None:
        batch = PayoutBatch.objects.filter(released_at=None).order_by("-pk").first()
        if batch is not None:
            self.attempt(lambda: batch_release(self.desk["rio"], batch, now=NOW))

    def platform_books_ours_of(self, count: int) -> None:
        sent = Payment.objects.filter(status=PaymentStatus.SENT, kind="credit").first()
        if sent is not None and count:
            self.booked += sent.amount
            self.assess_anew([sent])

    # Faults -------------------------------------------------------------------------

    @rule()
    def the_last_act_is_repeated(self) -> None:
        if self.last is not None:
            self.attempt(self.last)

    @rule()
    def the_last_act_is_broken_off(self) -> None:
        if self.last is None:
            return
        before = self.fingerprint()
        act = self.last
        try:
            with transaction.atomic():
                act()
                _break_off()
        except (RecoveryError, DatabaseError, _BrokenOffError):
            pass
        assert self.fingerprint() == before

    @rule(is_lost=st.booleans())
    def the_last_act_is_a_workers(self, is_lost: bool) -> None:
        """Do it under a lease; what somebody did whose lease is another's is undone."""
        if self.last is None:
            return
        act, before = self.last, self.fingerprint()
        job = job_create(JobKind.MATCH, {"claim": self.number()})
        lease = job_claim(job.pk, "one")
        assert lease is not None
        if is_lost:
            Job.objects.filter(pk=job.pk).update(lease_until=NOW - timedelta(days=9999))
            assert job_claim(job.pk, "two") is not None
        try:
            with transaction.atomic():
                act()
                self.at_commit()
                lease.beat(1)
                job_finish(lease)
        except (RecoveryError, DatabaseError):
            pass
        if is_lost:
            assert self.fingerprint() == before

    @rule()
    def somebody_dies_between_two_acts_of_one(self) -> None:
        """Two acts in one transaction: the second one breaks off, so neither is kept."""
        before = self.fingerprint()
        try:
            with transaction.atomic():
                self.advance_once(Decimal("1.55"))
                if self.last is not None:
                    self.last()
                _break_off()
        except (RecoveryError, DatabaseError, _BrokenOffError):
            pass
        assert self.fingerprint() == before

    @staticmethod
    def fingerprint() -> list[Any]:
        return [
            list(model.objects.order_by("pk").values_list("pk", "status", "version"))
            for model in (RecoveryCase, Payment)
        ] + [
            model.objects.count()
            for model in (Approval, Transition, AuditEntry, OutboxMessage, StaffNotice)
        ]

    # What must hold -------------------------------------------------------------------

    @invariant()
    def the_invariants_of_the_desk_hold(self) -> None:
        """The same question that is asked hourly in life, and after every fault."""
        assert invariants_broken() == []

    @invariant()
    def each_step_told_the_customer_once_or_not_at_all(self) -> None:
        require_each_step_told_once()

    @staticmethod
    def sum_of(*statuses: PaymentStatus) -> Decimal:
        rows = Payment.objects.filter(kind=PaymentKind.CREDIT, status__in=statuses)
        return sum(rows.values_list("amount", flat=True), Decimal(0))

    @invariant()
    def i4_credits_never_exceed_what_is_owed(self) -> None:
        live = set(PaymentStatus) - PAYMENT_VOID
        assert self.sum_of(*live) <= OWED
        if not Adjustment.objects.exists():
            assert self.sum_of(*live) + self.outside <= OWED

    @invariant()
    def i4_withdrawals_and_draws_never_exceed_what_was_credited(self) -> None:
        assert self.wallet() >= 0
        gone = Payment.objects.filter(
            kind=PaymentKind.WITHDRAWAL, status=PaymentStatus.CONFIRMED
        )
        total = sum(gone.values_list("amount", flat=True), Decimal(0))
        assert total + self.drawn <= self.sum_of(PaymentStatus.POSTED)

    @invariant()
    def i3_an_event_has_one_open_case(self) -> None:
        rows = RecoveryCase.objects.filter(event=self.event)
        assert rows.exclude(status__in=CASE_ENDED).count() <= 1

    @invariant()
    def i5_everything_that_moved_was_approved_by_others(self) -> None:
        moved = Payment.objects.filter(batch__isnull=False)
        for payment in moved.select_related("decision", "batch"):
            given = payment.approvals.filter(content_digest=payment.content_digest)
            people = set(given.values_list("approver_id", flat=True))
            assert len(people) >= payment.approvals_needed
            assert not people & {payment.proposer_id, payment.decision.proposer_id}
            batch = payment.batch
            if batch is not None and batch.released_by_id:
                assert batch.released_by_id not in {*people, payment.proposer_id}

    @invariant()
    def i6_a_batch_is_the_sum_of_its_lines(self) -> None:
        for batch in PayoutBatch.objects.all():
            lines = list(batch.payments.order_by("pk"))
            assert (batch.lines, batch.totals, batch.hash_total) == (
                len(lines),
                batch_totals(lines),
                batch_hash_total(lines),
            )

    @invariant()
    def some_walks_get_far(self) -> None:
        self.reached.update(Payment.objects.values_list("status", flat=True))

    @invariant()
    def i7_every_version_of_a_payment_is_a_recorded_step(self) -> None:
        for payment in Payment.objects.prefetch_related("transitions"):
            steps = sorted(payment.transitions.all(), key=lambda step: step.version)
            assert [step.version for step in steps] == [*range(2, payment.version + 1)]
            assert (steps[-1].to_status if steps else "proposed") == payment.status


@pytest.mark.slow
@pytest.mark.django_db
def test_no_order_of_acts_pays_more_than_is_owed(settings_of_files: None) -> None:
    owner = factories.customer()
    event = factories.event(factories.account(owner))
    # The file of the factories says of itself what is there (I1).
    SourceFile.objects.update(
        records=LedgerEntry.objects.count(),
        accepted=LedgerEntry.objects.count(),
        duplicate=0,
        ignored=0,
        rejected=0,
    )
    MoneyMachine.reached = set()
    MoneyMachine.desk = {
        "owner": owner,
        "event": event,
        "destination": factories.destination(owner),
        **{
            name: acting(factories.staff(name, role), NOW)
            for name, role in (
                ("ada", Role.ANALYST),
                ("max", Role.MAKER),
                ("bea", Role.CHECKER),
                ("rio", Role.CHECKER),
                ("lia", Role.LEAD),
                ("cora", Role.COMPLIANCE),
            )
        },
    }
    run_state_machine_as_test(
        MoneyMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            # The same walks for everybody; a long run draws its own.
            derandomize="MACHINE_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Else the sums were held over nothing.
    assert "posted" in MoneyMachine.reached


@pytest.fixture
def settings_of_files(files_of_this_test: None) -> None:
    """Batch files lie in the folder of this test."""
