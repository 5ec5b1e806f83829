"""Every act of the desk in a random order, with a fault in every other one.

Seeded: the same seed chooses the same acts and faults. What an act could be about is
read from the desk itself, so a story goes on from wherever a fault left it.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from django.db import connection
from django.db.models import Sum

from accounts.models import TradingAccount
from recovery.domain.lifecycle import PAYMENT_VOID, CaseStatus, PaymentStatus
from recovery.domain.words import DecisionKind, DecisionStatus, PaymentKind
from recovery.models import (
    Assessment,
    Decision,
    Event,
    Job,
    JobState,
    Payment,
    PayoutBatch,
    RecoveryCase,
)
from recovery.selectors.invariants import invariants_broken
from tests.faults.desk import LEDGERS
from tests.faults.forks import Ended, Fate, Forks
from tests.faults.left import conserves, files_without_rows
from tests.faults.own_servers import Servers
from tests.faults.proxy import Cut, cutting_proxy
from tests.faults.stories import confirmation, credited
from tests.faults.test_points import RESUMED_POINTS, SINGLE_POINTS
from tests.faults.test_statements import leases_run_out
from tests.story import SHORT, write_ledger

Act = tuple[str, dict[str, Any]]
# What a refused second try may say; anything else is an error nobody foresaw.
REFUSALS = {
    "transition_refused",
    "not_ready",
    "limit_exceeded",
    "stale",
    "file_rejected",
}
POINTS = sorted(
    {*SINGLE_POINTS, *(one for many in RESUMED_POINTS.values() for one in many)}
)
_END_SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename <> current_user
"""
# Whose points an act passes.
_SUBJECTS: dict[str, tuple[str, ...]] = {
    "receive": ("source_file.",),
    "work": ("import.", "assess.", "workbook."),
    "build": ("batch.built",),
    "release": ("batch.",),
    "confirm": ("confirmations.",),
    "export_head": ("audit_head.",),
}


@dataclass(slots=True)
class MixedRun:
    """One seeded run at one desk."""

    seed: int
    folder: Path
    forks: Forks
    others: Forks  # A second worker, for what happens at the same time.
    servers: Servers | None = None  # Own ones, which may be restarted.
    rng: Random = field(init=False)
    acts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    only_restarts: bool = False
    accounts: int = 0
    steps: int = 0

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)

    def run(self, faults: int) -> None:
        """Go on until so many faults struck; then let the desk become idle."""
        while sum(self.faults.values()) < faults:
            self.steps += 1
            act = self._choose()
            self.acts[act[0]] += 1
            if self.rng.random() < 0.5:
                self._undisturbed(act)
            else:
                self._disturbed(act)
        self._undisturbed(("work", {}))
        self.hold("at the end")
        self._recompute_is_the_same()
        assert not Job.objects.exclude(state=JobState.DONE).exists()
        assert conserves()
        assert files_without_rows() == []

    def hold(self, after: str) -> None:
        """Whether every invariant holds."""
        broken = invariants_broken()
        assert broken == [], f"seed {self.seed}, step {self.steps}, {after}: {broken}"

    # --- faults --------------------------------------------------------------------

    def _disturbed(self, act: Act) -> None:
        known = _RESTARTS if self.only_restarts else _FAULTS
        if self.servers and not self.only_restarts:
            known = {**_FAULTS, **_RESTARTS}
        kind = self.rng.choice([*known])
        struck = known[kind](self, act)
        if struck:
            self.faults[kind] += 1
            self.hold(f"{kind} of {act[0]}")
            leases_run_out()
        # Whoever asked does not know, and asks again.
        self._undisturbed(act)
        self.hold(f"{act[0]} after {kind}")

    def _undisturbed(self, act: Act) -> Ended:
        ended = self.forks(act[0], **act[1])
        assert not ended.was_killed, (self.seed, self.steps, act, ended)
        known = not ended.error or ended.code in REFUSALS
        assert known, (self.seed, self.steps, act, ended)
        self.again[ended.code or "done"] += 1
        return ended

    def die_at_statement(self, act: Act) -> bool:
        number = self.rng.randrange(1, 25)
        return self.forks(act[0], Fate(statement=number), **act[1]).was_killed

    def die_at_point(self, act: Act) -> bool:
        """At whichever point of its subject the act passes."""
        subjects = _SUBJECTS.get(act[0], ())
        points = [point for point in POINTS if point.startswith(subjects)]
        if not subjects:
            return False
        fate = Fate(point=self.rng.choice(points).partition(":")[0])
        return self.forks(act[0], fate, **act[1]).was_killed

    def die_of_the_group(self, act: Act) -> bool:
        """At any instant, with everything it started."""
        fate = Fate(seconds=self.rng.uniform(0.005, 0.12))
        return self.forks(act[0], fate, **act[1]).was_killed

    def cut_before(self, act: Act) -> bool:
        return self._cut(act, Cut.BEFORE)

    def cut_after(self, act: Act) -> bool:
        return self._cut(act, Cut.AFTER)

    def _cut(self, act: Act, cut: Cut) -> bool:
        name = "work_once" if act[0] == "work" else act[0]
        with cutting_proxy(cut, self.rng.randrange(1, 3)) as proxy:
            self.forks(name, Fate(host=proxy.host), **act[1])
            return proxy.has_cut

    def lose_the_lease(self, act: Act) -> bool:
        """Another worker takes the work over while the first one still does it."""
        self._make_work_due()
        return self._twice(("work", {}), leases_run_out)

    def repeat(self, act: Act) -> bool:
        """The same message arrives twice at the same moment."""
        return self._twice(act, lambda: None)

    def end_sessions(self, act: Act) -> bool:
        """The server ends every session of the desk, as when it is restarted."""
        name = "work_once" if act[0] == "work" else act[0]
        ended: list[Ended] = []
        child = threading.Thread(
            target=lambda: ended.append(self.others(name, **act[1]))
        )
        child.start()
        count = 0
        while child.is_alive() and not count:
            time.sleep(self.rng.uniform(0.001, 0.02))
            with connection.cursor() as cursor:
                cursor.execute(_END_SESSIONS)
                count = len(cursor.fetchall())
        child.join()
        return bool(count) and ended[0].error not in {"", *REFUSALS}

    def restart_database(self, act: Act) -> bool:
        """PostgreSQL ends without a checkpoint, in the middle of an act."""
        assert self.servers
        name = "work_once" if act[0] == "work" else act[0]
        ended: list[Ended] = []
        child = threading.Thread(
            target=lambda: ended.append(self.others(name, **act[1]))
        )
        child.start()
        time.sleep(self.rng.uniform(0.005, 0.06))
        connection.close()
        self.servers.database.restart_at_once()
        child.join()
        return True

    def restart_redis(self, act: Act) -> bool:
        """Redis is away during an act and its bell, and comes back empty."""
        assert self.servers
        self.servers.bells.kill()
        self._undisturbed(act)
        self._undisturbed(("ring", {"url": self.servers.bells.url}))
        self.servers.bells.start()
        self._undisturbed(("ring", {"url": self.servers.bells.url}))
        queues = set(Job.objects.filter(state=JobState.DUE).values_list("queue"))
        assert all(self.servers.bells.length(queue) for (queue,) in queues)
        return True

    def drop(self, act: Act) -> bool:
        """The message is lost: nothing happens until somebody sweeps."""
        self._make_work_due()
        return Job.objects.filter(state=JobState.DUE).exists()

    def _twice(self, act: Act, between: Callable[[], None]) -> bool:
        ended: list[Ended] = []
        first = threading.Thread(
            target=lambda: ended.append(self.others(act[0], **act[1]))
        )
        first.start()
        between()
        ended.append(self.forks(act[0], **act[1]))
        between()
        first.join()
        codes = {one.code for one in ended if one.error}
        assert codes <= REFUSALS, (self.seed, self.steps, act, ended)
        return True

    def _make_work_due(self) -> None:
        self.forks("receive", path=str(self._new_ledger()))

    # --- acts ----------------------------------------------------------------------

    def _choose(self) -> Act:
        found = [*self._about_files()]
        found += [*self._about_cases(), *self._about_payments()]
        return self.rng.choice(found)

    def _new_ledger(self) -> Path:
        ledgers = []
        for _ in range(self.rng.randrange(1, 4)):
            self.accounts += 1
            make = self.rng.choice((*LEDGERS, LEDGERS[0], LEDGERS[0]))
            ledgers.append(make(f"M-{self.accounts}"))
        return write_ledger(self.folder / f"ledger-{self.accounts}.csv", ledgers)

    def _about_files(self) -> Iterator[Act]:
        yield "receive", {"path": str(self._new_ledger())}
        old = sorted(self.folder.glob("*.csv"))
        yield "receive", {"path": str(self.rng.choice(old))}
        if Job.objects.exclude(state=JobState.DONE).exists():
            yield from [("work", {})] * 4
        if self.steps % 7 == 0:
            yield "ask_for_workbook", {}
            yield "recompute", {"reason": f"step-{self.steps}"}
            yield "export_head", {}
        unlinked = TradingAccount.objects.filter(customer=None).order_by("pk").first()
        if unlinked:
            yield "link_customer", {"number": unlinked.number}

    def _about_cases(self) -> Iterator[Act]:
        event = Event.objects.filter(cases=None).order_by("pk").first()
        if event:
            claim = {"account": event.account.number}
            yield "file_claim", {**claim, "transaction_id": event.source_reference}
            yield "open_case", {"event": event.pk}
        cases = RecoveryCase.objects.order_by("pk")
        if case := cases.filter(status=CaseStatus.NEW).first():
            yield "take", {"case": case.pk}
        if case := cases.filter(status=CaseStatus.INVESTIGATING).first():
            yield from [("propose", {"case": case.pk})] * 2
        waiting = Decision.objects.filter(status=DecisionStatus.PROPOSED)
        if decision := waiting.order_by("pk").first():
            yield from [("decide", {"decision": decision.pk})] * 3
            yield "send_back", {"decision": decision.pk}

    def _about_payments(self) -> Iterator[Act]:
        owed = Decision.objects.filter(
            status=DecisionStatus.APPROVED, kind=DecisionKind.OWED
        )
        for decision in owed.order_by("pk"):
            live = decision.payments.exclude(status__in=PAYMENT_VOID)
            paid = live.filter(kind=PaymentKind.CREDIT).aggregate(s=Sum("amount"))
            if (paid["s"] or 0) < decision.amount:
                part = self.rng.choice((SHORT, SHORT / 5, SHORT / 5))
                told = {"decision": decision.pk, "amount": str(part)}
                yield from [("propose_payment", told)] * 2
                break
        payments = Payment.objects.order_by("pk")
        if payment := payments.filter(status=PaymentStatus.PROPOSED).first():
            yield from [("approve", {"payment": payment.pk})] * 3
            yield "cancel", {"payment": payment.pk}
        if payment := payments.filter(status=PaymentStatus.APPROVED).first():
            yield from [("build", {"kind": str(payment.kind)})] * 2
            yield "hold", {"payment": payment.pk}
        if batch := PayoutBatch.objects.filter(released_at=None).first():
            yield from [("release", {"batch": batch.pk})] * 3
        yield from self._about_sent(payments.filter(status=PaymentStatus.SENT))
        if credit := payments.filter(status=PaymentStatus.POSTED).last():
            yield "propose_withdrawal", {"payment": credit.pk}

    def _about_sent(self, sent: Any) -> Iterator[Act]:
        if payment := sent.filter(kind=PaymentKind.CREDIT).first():
            file = credited(self.folder, payment.event.account.number, payment)
            yield from [("receive", {"path": str(file)})] * 4
        if payment := sent.filter(kind=PaymentKind.WITHDRAWAL).first():
            status = self.rng.choice(("confirmed", "confirmed", "uncertain"))
            yield from [("confirm", {"text": confirmation(payment, status)})] * 3

    def _recompute_is_the_same(self) -> None:
        """I2: the same rows under the same rules give the same answer."""
        before = Assessment.objects.count()
        self._undisturbed(("recompute", {"reason": f"last-{self.seed}"}))
        self._undisturbed(("work", {}))
        assert Assessment.objects.count() == before


_FAULTS: dict[str, Callable[[MixedRun, Act], bool]] = {
    fault.__name__: fault
    for fault in (
        MixedRun.die_at_statement,
        MixedRun.die_at_point,
        MixedRun.die_of_the_group,
        MixedRun.cut_before,
        MixedRun.cut_after,
        MixedRun.lose_the_lease,
        MixedRun.repeat,
        MixedRun.end_sessions,
        MixedRun.drop,
    )
}
# Only at servers of its own: others would not survive them.
_RESTARTS: dict[str, Callable[[MixedRun, Act], bool]] = {
    fault.__name__: fault
    for fault in (MixedRun.restart_database, MixedRun.restart_redis)
}
