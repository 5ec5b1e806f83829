"""The engine against a second, much smaller reckoning in fractions.

It follows the texts of the case format and shares no code with the core: whole
closes of one position, in one go or fill by fill.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import values_of
from tests.domain.test_settlement_properties import MANY

CLOSE_ENOUGH = Fraction(1, 10**30)


@dataclass
class Books:
    """What the second reckoning keeps."""

    wallet: Fraction
    qty: Fraction
    fee: Fraction = Fraction(0)
    trading_fee: Fraction = Fraction(0)
    cover: Fraction = Fraction(0)
    owed: Fraction = Fraction(0)
    given: Fraction = Fraction(0)
    fund: Fraction = Fraction(0)
    base: Fraction = Fraction(0)


def fraction(keys: dict[str, Any], name: str, default: str = "0") -> Fraction:
    """A number of a case."""
    return Fraction(keys.get(name, default))


class Reckoning:
    """One case, reckoned in fractions."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case, self.policy = case, case["policy"]
        self.sign = 1 if case["side"] == "long" else -1
        self.entry = fraction(case, "entry_price")
        self.size = fraction(case, "contract_size", "1")
        self.mark = fraction(case, "mark_price")
        self.books = Books(fraction(case, "margin"), fraction(case, "qty"))
        self.rule = self.policy["liquidation_fee"]
        self.rate = fraction(self.rule, "rate")
        if self.rule["rule"] == "ramped":
            self.rate = self.ramped()

    def ramped(self) -> Fraction:
        """Rate + growth x slots once the grace is over, at most the highest."""
        slots, grace = fraction(self.case, "slots_elapsed"), self.rule["grace_slots"]
        if slots < Fraction(grace):
            return self.rate
        grown = self.rate + fraction(self.rule, "increase_per_slot") * slots
        return min(grown, fraction(self.rule, "max_rate"))

    def scaled(self) -> Fraction:
        """What the position can still pay, before a fill."""
        rate = fraction(self.case, "maintenance_margin_rate")
        needed = rate + fraction(self.policy["maintenance"], "buffer_rate")
        value = self.value(self.books.qty, self.mark)
        equity = self.books.wallet + self.profit(self.books.qty, self.mark)
        left = needed - fraction(self.rule, "liquidator_rate")
        left -= (value * needed - equity) / value
        found = fraction(self.rule, "factor") * left
        return min(max(found, Fraction(0)), fraction(self.rule, "max_rate"))

    def value(self, qty: Fraction, price: Fraction) -> Fraction:
        """Value of a size."""
        units = qty * self.size
        return units / price if self.case["product"] == "inverse" else units * price

    def cash(self, qty: Fraction, price: Fraction) -> Fraction:
        """What closing brings; a coin-margined position is a debt in the coin."""
        sign = -self.sign if self.case["product"] == "inverse" else self.sign
        return sign * self.value(qty, price)

    def profit(self, qty: Fraction, price: Fraction) -> Fraction:
        """Result against the entry."""
        return self.cash(qty, price) - self.cash(qty, self.entry)

    def run(self) -> dict[str, Fraction]:
        """All events, then what is left."""
        for event in self.case["events"]:
            kind = event["type"]
            if kind == "fill":
                self.fill(event)
            elif "amount" in event:
                self.books.wallet += Fraction(event["amount"])
            else:
                at = self.value(self.books.qty, Fraction(event["reference_price"]))
                self.books.wallet -= self.sign * Fraction(event["rate"]) * at
        return self.close()

    def fill(self, event: dict[str, Any]) -> None:
        """A fill that closes a part."""
        books, qty, price = self.books, Fraction(event["qty"]), Fraction(event["price"])
        forced = event.get("role") == "liquidation"
        excess = None
        if forced and self.rule["rule"] == "scaled_to_remaining":
            self.rate = self.scaled()
        if forced and self.policy["settle_per"] == "fill":
            equity = books.wallet + books.owed + self.profit(books.qty, self.mark)
            share = self.cash(qty, self.mark) - equity * qty / books.qty
            excess = self.cash(qty, price) - share
        books.wallet += self.profit(qty, price)
        books.qty -= qty
        if not forced or self.rule.get("in_addition_to_taker", True):
            paid = fraction(self.policy, "trading_fee_rate") * self.value(qty, price)
            books.trading_fee += paid
            books.wallet -= paid
        if forced:
            books.base += self.value(qty, price)
            self.charge(self.value(qty, price), excess)

    def charge(self, value: Fraction, excess: Fraction | None) -> None:
        """Liquidation fee and cover of one forced fill."""
        rate, name = self.rate, self.rule["rule"]
        if excess is None:
            self.take(rate * value if name == "rate_of_notional" else Fraction(0))
        elif excess < 0:
            self.bear(-excess)
        else:
            books = self.books
            equity = books.wallet + books.owed + self.profit(books.qty, self.mark)
            fixed = self.fixed(equity)
            due = {"none": Fraction(0), "all_surplus": excess, "fixed": fixed}
            self.take(min(due.get(name, rate * value), excess))

    def fixed(self, equity: Fraction) -> Fraction:
        """The amount, always or where the equity is less."""
        amount = fraction(self.rule, "amount")
        only = self.rule.get("condition") == "insolvent_only"
        return Fraction(0) if only and equity >= amount else amount

    def take(self, fee: Fraction) -> None:
        """A liquidation fee to the fund."""
        self.books.fee += fee
        self.books.wallet -= fee
        self.books.fund += fee

    def bear(self, deficit: Fraction) -> None:
        """The fund as far as it goes, then the customer."""
        books = self.books
        limit = self.case.get("insurance_fund")
        left = deficit if limit is None else Fraction(limit) - books.given
        part = min(deficit, left)
        books.given += part
        books.cover += deficit
        books.fund -= part
        books.wallet += part
        books.owed += deficit - part

    def close(self) -> dict[str, Fraction]:
        """Fee at the close, then surplus or deficit."""
        books, name = self.books, self.rule["rule"]
        raw = books.wallet + books.owed
        if self.policy["settle_per"] == "close":
            surplus = max(raw, Fraction(0))
            whole = self.rate * books.base
            late = {
                "rate_capped_to_surplus": min(whole, surplus),
                "all_surplus": surplus,
                "scaled_to_remaining": whole,
                "ramped": whole,
                "fixed": self.fixed(raw),
            }
            self.take(late.get(name, Fraction(0)))
        net = books.wallet + books.owed
        if net < 0:
            self.bear(-net)
        left, share = max(net, Fraction(0)), Fraction(1)
        if isinstance(self.policy["surplus_to"], dict):
            share = Fraction(self.policy["surplus_to"]["split"]["customer"])
        books.wallet -= left * (1 - share)
        books.fund += left * (1 - share)
        return {
            "residual": left * share,
            "deficit": books.cover,
            "customer_owes": books.owed,
            "liquidation_fee": books.fee,
            "trading_fee": books.trading_fee,
            "insurance_fund_delta": books.fund,
            "wallet_balance_after": books.wallet,
        }


def numbers(low: int, high: int, places: int = 2) -> st.SearchStrategy[str]:
    """Decimal strings."""
    one = 10**places
    return st.integers(low * one, high * one).map(
        lambda units: f"{units // one}.{units % one:0{places}d}"
    )


prices = numbers(50, 150)
rates = numbers(0, 1, 4).map(lambda text: text if text < "0.03" else "0.0150")
signed = st.tuples(st.sampled_from(["", "-"]), numbers(0, 9)).map("".join)
moves = st.one_of(
    st.builds(lambda amount: {"type": "transfer", "amount": amount}, signed),
    st.builds(lambda amount: {"type": "interest", "amount": amount}, signed),
    st.builds(
        lambda rate, price: {"type": "funding", "rate": rate, "reference_price": price},
        rates,
        prices,
    ),
)
fee_rules = st.builds(
    lambda rule, rate, both: {
        "rule": rule,
        "rate": rate,
        "in_addition_to_taker": both,
    },
    st.sampled_from(
        ["none", "rate_of_notional", "rate_capped_to_surplus", "all_surplus"]
    ),
    rates,
    st.booleans(),
)
fixed_fees = st.builds(
    lambda amount, condition: {
        "rule": "fixed",
        "amount": amount,
        "condition": condition,
    },
    numbers(0, 50),
    st.sampled_from(["always", "insolvent_only"]),
)
ramped_fees = st.builds(
    lambda rate, grace: {
        "rule": "ramped",
        "rate": rate,
        "max_rate": "0.03",
        "increase_per_slot": "0.001",
        "grace_slots": grace,
    },
    rates,
    st.sampled_from(["0", "5"]),
)
scaled_fees = st.builds(
    lambda factor: {
        "rule": "scaled_to_remaining",
        "liquidator_rate": "0.01",
        "max_rate": "0.02",
        "factor": factor,
    },
    st.sampled_from(["0.5", "0.95"]),
)


@st.composite
def whole_closes(draw: st.DrawFn) -> dict[str, Any]:
    """A position closed in parts, money moving in between."""
    parts = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    events: list[dict[str, Any]] = []
    for index, part in enumerate(parts):
        events += draw(st.lists(moves, max_size=1))
        role = (
            "liquidation" if index else draw(st.sampled_from(["liquidation", "order"]))
        )
        if len(parts) == 1:
            role = "liquidation"
        fill = {"type": "fill", "role": role, "qty": str(part), "price": draw(prices)}
        events.append(fill)
    case: dict[str, Any] = {
        "product": draw(st.sampled_from(["linear", "inverse"])),
        "side": draw(st.sampled_from(["long", "short"])),
        "qty": str(sum(parts)),
        "contract_size": draw(st.sampled_from(["1", "0.1", "10"])),
        "entry_price": draw(prices),
        "mark_price": draw(prices),
        "margin": draw(numbers(0, 300)),
        "maintenance_margin_rate": "0.05",
        "slots_elapsed": draw(st.sampled_from(["0", "4", "5", "12", "40"])),
        "events": events,
        "policy": {
            "trading_fee_rate": draw(rates),
            "liquidation_fee": draw(
                st.one_of(fee_rules, fixed_fees, ramped_fees, scaled_fees)
            ),
            "maintenance": {"buffer_rate": draw(st.sampled_from(["0", "0.02"]))},
            "surplus_to": draw(
                st.sampled_from(
                    [
                        "customer",
                        {"split": {"customer": "0.3", "insurance_fund": "0.7"}},
                    ]
                )
            ),
            "deficit_to": ["insurance_fund", "customer"],
            "settle_per": draw(st.sampled_from(["close", "fill"])),
        },
    }
    if draw(st.booleans()):
        case["insurance_fund"] = draw(numbers(0, 50))
    return case


@MANY
@given(whole_closes())
def test_second_reckoning_agrees(case: dict[str, Any]) -> None:
    values = values_of(**case)
    for name, wanted in Reckoning(case).run().items():
        difference = abs(Fraction(values[name]) - wanted)
        assert difference <= CLOSE_ENOUGH * max(1, abs(wanted)), name
