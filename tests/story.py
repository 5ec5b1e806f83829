"""Little stories that go through the real pipeline: files, jobs, people, cases.

Nothing here writes a row that a service would write: a test that passes on these
makers passes on what the desk itself does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from accounts.models import Customer, RoleGrant, TradingAccount, User
from accounts.roles import ClientClass, Role
from recovery.demo.files import write_house
from recovery.demo.house_files import LEDGER_HEADER
from recovery.domain.words import DecisionKind, PaymentKind
from recovery.models import (
    AssessmentResult,
    Decision,
    Event,
    GoodwillBudget,
    GoodwillReason,
    Payment,
    PayoutBatch,
    Provenance,
    RecoveryCase,
    SourceFile,
)
from recovery.services.actors import OPERATOR, Actor
from recovery.services.batches import batch_build, batch_release
from recovery.services.cases import case_open, case_take
from recovery.services.decisions import (
    decision_approve,
    decision_expected,
    decision_propose,
)
from recovery.services.goodwill import goodwill_propose
from recovery.services.goodwill_terms import GoodwillLimits, goodwill_budget_change
from recovery.services.payments import payment_approve, payment_propose
from recovery.services.source_files import source_file_receive
from recovery.tasks import run_all_due
from tests.people import acting

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
REASON = "The fee taken was higher than the fee schedule in force allows."
# The overcharge of `short_ledger`: what the customer of that story is short.
SHORT = Decimal(5)

Rows = list[tuple[str, ...]]


@dataclass(slots=True)
class HouseAccount:
    """The house ledger of one account, written row by row with a running balance."""

    number: str
    rows: Rows
    balance: Decimal = Decimal(0)
    second: int = 0

    def add(self, kind: str, amount: str, **cells: str) -> None:
        """Add one row, a second after the one before."""
        self.balance += Decimal(amount)
        self.second += 1
        at = datetime(2026, 10, 10, 16, tzinfo=UTC) + timedelta(seconds=self.second)
        told = {
            "account": self.number,
            "row_id": f"{self.number}-{self.second}",
            "time_utc": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
            "asset": "USDT",
            "amount": amount,
            "balance_after": str(self.balance),
            "type": kind,
            **cells,
        }
        self.rows.append(tuple(told.get(name, "") for name in LEDGER_HEADER))

    def open_position(self) -> None:
        """Deposit 1000, buy 10 contracts at 100 for a taker fee of 0.5."""
        trade = {"instrument": "BTCUSDT", "side": "buy", "quantity": "10"}
        self.add("deposit", "1000")
        self.add(
            "trade", "0", price="100", order_id="O-1", position_after="10", **trade
        )
        self.add("trading_fee", "-0.5", price="100", order_id="O-1", **trade)

    def liquidate(self, price: str, fee: str) -> None:
        """Sell the 10 contracts by force; the fee is what the house booked."""
        out = Decimal(price) - 100
        charged = Decimal(price) * 10 * Decimal("0.005")
        forced = {
            "instrument": "BTCUSDT",
            "side": "sell",
            "quantity": "10",
            "price": price,
            "order_id": "O-2",
            "event_id": f"EV-{self.number}",
        }
        self.add("liquidation", str(out * 10), position_after="0", **forced)
        self.add("trading_fee", f"-{fee}", **forced)
        self.add("liquidation_fee", f"-{charged.normalize():f}", **forced)


def short_ledger(number: str) -> HouseAccount:
    """Liquidated at 20 with a fee of 5.1 instead of 0.1: the customer is short 5."""
    account = HouseAccount(number, [])
    account.open_position()
    account.liquidate("20", "5.1")
    return account


def clean_ledger(number: str) -> HouseAccount:
    """Liquidated at 20, everything booked as it should be."""
    account = HouseAccount(number, [])
    account.open_position()
    account.liquidate("20", "0.1")
    return account


def deficit_ledger(number: str) -> HouseAccount:
    """Liquidated at 0.04 at a loss of 999.6; the fund covers what is missing."""
    account = HouseAccount(number, [])
    account.open_position()
    account.liquidate("0.04", "0.0002")
    missing = f"{-account.balance:f}"
    account.add(
        "insurance_cover",
        missing,
        instrument="BTCUSDT",
        event_id=f"EV-{number}",
    )
    return account


def write_ledger(path: Path, accounts: Iterable[HouseAccount]) -> Path:
    """Write a house ledger of several accounts, oldest row first."""
    rows = sorted(
        (row for account in accounts for row in account.rows), key=lambda row: row[2]
    )
    total = sum((Decimal(row[4]) for row in rows), Decimal(0))
    write_house(path, LEDGER_HEADER, rows, {"USDT": total}, kind="house-ledger")
    return path


def receive(
    path: Path, provenance: Provenance = Provenance.HOUSE, account: str = ""
) -> SourceFile:
    """Hand a file to the desk; its import is due."""
    return source_file_receive(
        OPERATOR,
        path=path,
        name=path.name,
        provenance=provenance,
        account=account,
    )


def bring_in(
    path: Path, provenance: Provenance = Provenance.HOUSE, account: str = ""
) -> SourceFile:
    """Import a file and assess what it touches, as a worker would."""
    source_file = receive(path, provenance, account)
    run_all_due()
    source_file.refresh_from_db()
    return source_file


def bring_in_customers(folder: Path, *rows: str) -> SourceFile:
    """Import customers as the platform sends them."""
    path = folder / f"customers-{SourceFile.objects.count()}.csv"
    header = "uid,full_name,mail,client_class,language,jurisdiction"
    lines = ["#recovery-desk,house-customers,1", header, *rows]
    path.write_text("\n".join([*lines, f"#manifest,rows={len(rows)}\n"]))
    return bring_in(path)


def staff(login: str, *roles: Role, is_superuser: bool = False) -> User:
    """A member of staff who has held these roles for a month."""
    user = User.objects.create_user(
        login,
        full_name=login.capitalize(),
        person_id=login,
        is_staff=True,
        is_superuser=is_superuser,
    )
    for role in roles:
        RoleGrant.objects.create(
            user=user, role=role, granted_at=NOW - timedelta(days=30)
        )
    return user


def customer_of(number: str) -> Customer:
    """A customer with mail on file, linked to a house account."""
    customer = Customer.objects.create(
        uid=f"U-{number}",
        full_name="Cem Öz",
        email=f"{number.lower()}@example.org",
        client_class=ClientClass.RETAIL,
        jurisdiction="DE",
    )
    TradingAccount.objects.filter(venue="house", number=number).update(
        customer=customer
    )
    return customer


@dataclass(frozen=True, slots=True)
class People:
    """The named people of every story, as actors, and the folder files go through."""

    ada: Actor  # Analyst: proposes decisions.
    max_: Actor  # Maker: proposes payments, builds batches.
    bea: Actor  # Checker: approves decisions and payments.
    rio: Actor  # Checker: releases what Bea approved.
    lia: Actor  # Lead: approves decisions, reopens.
    cora: Actor  # Compliance: holds.
    folder: Path

    @classmethod
    def hired(cls, folder: Path) -> "People":
        """Hire them."""
        return cls(
            ada=acting(staff("ada", Role.ANALYST), NOW),
            max_=acting(staff("max", Role.MAKER), NOW),
            bea=acting(staff("bea", Role.CHECKER), NOW),
            rio=acting(staff("rio", Role.CHECKER), NOW),
            lia=acting(staff("lia", Role.LEAD), NOW),
            cora=acting(staff("cora", Role.COMPLIANCE), NOW),
            folder=folder,
        )

    def event(self, account: HouseAccount) -> Event:
        """Import an account's ledger and give the event the desk found in it."""
        bring_in(write_ledger(self.folder / f"{account.number}.csv", [account]))
        customer_of(account.number)
        return Event.objects.get(account__number=account.number)

    def case(self, event: Event) -> RecoveryCase:
        """A case about the event, under investigation by Ada."""
        opened = case_open(
            self.ada, event=event, customer=None, origin="agent", now=NOW
        )
        return case_take(self.ada, opened, now=NOW)

    def proposed(self, case: RecoveryCase, actor: Actor | None = None) -> Decision:
        """What the assessment says, proposed by Ada."""
        result = result_of(case)
        kind, amount = decision_expected(result)
        return decision_propose(
            actor or self.ada,
            case,
            result=result,
            kind=kind,
            amount=amount,
            reason=REASON,
            now=NOW,
        )

    def decided(self, case: RecoveryCase) -> Decision:
        """Proposed by Ada, approved by Bea."""
        decision = self.proposed(case)
        return decision_approve(
            self.bea, decision, shown_digest=decision.content_digest, now=NOW
        )

    def credit(self, decision: Decision, amount: Decimal | None = None) -> Payment:
        """A credit proposed by Max."""
        return payment_propose(
            self.max_,
            decision,
            kind=PaymentKind.CREDIT,
            amount=decision.amount if amount is None else amount,
            now=NOW,
        )

    def approved(self, payment: Payment) -> Payment:
        """The payment, approved by Bea."""
        return payment_approve(
            self.bea, payment, shown_digest=payment.content_digest, now=NOW
        )

    def budget(self, **limits: str) -> GoodwillBudget:
        """A goodwill budget in USDT, begun by Lia."""
        told = {"month": "20", "each": "10", "customer": "12", **limits}
        return goodwill_budget_change(
            self.lia,
            limits=GoodwillLimits(
                currency="USDT",
                **{name: Decimal(amount) for name, amount in told.items()},
            ),
            valid_from=NOW,
            terms_reference="House rule 9",
            now=NOW,
        )

    def goodwill(self, case: RecoveryCase, amount: str = "2") -> Payment:
        """Goodwill proposed by Max."""
        return goodwill_propose(
            self.max_,
            case,
            reason=goodwill_reason("late-answer"),
            words="Answered after three weeks.",
            amount=Decimal(amount),
            now=NOW,
        )

    def sent(self, kind: PaymentKind = PaymentKind.CREDIT) -> PayoutBatch:
        """Everything approved, in a batch built by Max and released by Rio."""
        batch = batch_build(self.max_, kind, now=NOW)
        return batch_release(self.rio, batch, now=NOW)

    def owed(self, number: str = "A-1") -> Decision:
        """A whole story up to an approved decision that 5 USDT are owed."""
        decision = self.decided(self.case(self.event(short_ledger(number))))
        assert (decision.kind, decision.amount) == (DecisionKind.OWED, SHORT)
        return decision


def goodwill_reason(code: str) -> GoodwillReason:
    """A reason the desk ships; a test that commits begins without them."""
    return GoodwillReason.objects.get_or_create(
        code=code, defaults={"told": "We answered you later than we promised"}
    )[0]


def result_of(case: RecoveryCase) -> AssessmentResult:
    """The result the case would be decided on now."""
    assert case.event is not None
    assert case.event.active_assessment is not None
    return case.event.active_assessment.results.get()
