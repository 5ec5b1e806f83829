"""Assesses one event: what should be left, line by line, against what was booked.

The expected side is the settlement engine under the policy in force; the recorded
side is the ledger. For every line difference = recorded - expected, and the sum of
the differences is the variance, exactly.

Units: settlement asset, signed from the customer's side. Expected amounts are booked
at 18 decimals, half to even: an average entry price can have no end, a ledger cannot.
Source: design §2, §5; MATH §3, §3.1; CASES §4, §5.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from recovery.domain import settlement_case as sc
from recovery.domain.detection import EventWindow
from recovery.domain.history import Entry, Fill, Item, Movement
from recovery.domain.instruments import PositionSide, Product
from recovery.domain.ledger import ZERO, EventMarker, LedgerRole, Side
from recovery.domain.money import (
    Rounding,
    RoundingMode,
    divide,
    exact,
    round_amount,
    subtract,
)
from recovery.domain.opening import Opening, item_entries, window_asset
from recovery.domain.rulebook import PolicyTerm, RuleBook
from recovery.domain.settlement import settle
from recovery.domain.words import Basis, EventKind

_BOOKED = Rounding(Decimal("1e-18"), RoundingMode.HALF_EVEN)
_FILL_ROLES = {
    EventMarker.NONE: sc.FillRole.ORDER,
    EventMarker.LIQUIDATION: sc.FillRole.LIQUIDATION,
    EventMarker.REDUCTION: sc.FillRole.LIQUIDATION,
    EventMarker.TAKEOVER: sc.FillRole.LIQUIDATION,
    EventMarker.ADL: sc.FillRole.ADL,
}
_AS_RECORDED = {
    LedgerRole.XFER: "transfer",
    LedgerRole.INT: "interest",
    LedgerRole.FEE: "trading_fee",
    LedgerRole.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an assessment; `evidence` are ledger entry ids."""

    label: str
    asset: str
    expected: Decimal
    recorded: Decimal
    basis: Basis
    evidence: tuple[int, ...] = ()
    note: str = ""

    @property
    def difference(self) -> Decimal:
        """Recorded - expected; negative: the customer got less."""
        return subtract(self.recorded, self.expected)


@dataclass(frozen=True, slots=True)
class Facts:
    """What classification needs beside the lines.

    Attributes:
        unknown_rows: Rows in the window whose operation nobody mapped.
        gap: Where the running balance breaks, in words; empty when it holds.
        goes_to_fund: Policy took a remainder, or the whole margin, away.
        deficit_covered: What others bore of a deficit.
        customer_owes: What policy lets the customer owe.
    """

    unknown_rows: int
    gap: str
    goes_to_fund: bool
    deficit_covered: Decimal
    customer_owes: Decimal
    credit_rows: int
    tolerance: Decimal
    money_step: Decimal | None


@dataclass(frozen=True, slots=True)
class EventAssessment:
    """The numbers of one event in its settlement asset.

    Residual and deficit are never negative and at most one is above zero;
    variance = received - residual = the sum of the lines' differences.
    """

    asset: str
    residual: Decimal
    deficit: Decimal
    received: Decimal
    lines: tuple[Line, ...]
    facts: Facts
    policy: PolicyTerm
    verified_share: Decimal

    @property
    def variance(self) -> Decimal:
        """Received - residual; negative: the customer is short."""
        return subtract(self.received, self.residual)


@dataclass(slots=True)
class _Draft:
    """Expected and recorded amounts by (label, item), in the order of the items."""

    asset: str
    expected: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    recorded: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    evidence: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    basis: dict[tuple[str, int], Basis] = field(default_factory=dict)
    notes: dict[tuple[str, int], str] = field(default_factory=dict)
    events: list[sc.Event] = field(default_factory=list)
    item_of_event: list[int] = field(default_factory=list)

    def add_event(self, event: sc.Event, item: int) -> None:
        self.events.append(event)
        self.item_of_event.append(item)

    def expect(self, label: str, item: int, amount: Decimal) -> None:
        key = (label, item)
        self.expected[key] = self.expected.get(key, ZERO) + amount

    def record(
        self, label: str, item: int, amount: Decimal, entries: Sequence[Entry]
    ) -> None:
        key = (label, item)
        self.recorded[key] = self.recorded.get(key, ZERO) + amount
        self.evidence.setdefault(key, []).extend(entry.id for entry in entries)


# Lines that belong to the event as a whole, not to one of its items.
_WHOLE = -1


def assess_event(
    window: EventWindow, opening: Opening, rules: RuleBook
) -> EventAssessment:
    """Compute an event under the rules in force and compare it with the records.

    Raises:
        NotReadyError: No policy was in force.
    """
    with exact():
        return _assess(window, opening, rules)


def _assess(window: EventWindow, opening: Opening, rules: RuleBook) -> EventAssessment:
    asset = window_asset(window)
    policy = rules.policy_at(window.started_at)
    draft = _Draft(asset)
    can_compute = opening.entry is not None and opening.balance is not None
    for index, item in enumerate(window.items):
        if isinstance(item, Fill):
            _draft_fill(draft, index, item, rules, policy, can_compute=can_compute)
        else:
            _draft_movement(draft, index, item, rules)
    if can_compute:
        _expect_settlement(draft, window, opening, rules, policy)
    else:
        _expect_as_recorded(draft)
    lines = _lines(draft, window, opening)
    return _conclude(draft, window, opening, policy, lines)


# --- the recorded side, and the events the engine replays ------------------------


def _draft_fill(
    draft: _Draft,
    index: int,
    fill: Fill,
    rules: RuleBook,
    policy: PolicyTerm,
    *,
    can_compute: bool,
) -> None:
    label = "takeover" if _is_taken_over(fill, policy) else "realised_pnl"
    draft.record(label, index, fill.pnl, fill.entries)
    if fill.fee or not can_compute:
        draft.record("trading_fee", index, fill.fee, fill.entries)
    if fill.liquidation_fee:
        draft.record("liquidation_fee", index, fill.liquidation_fee, fill.entries)
    if fill.funding:
        draft.record("funding", index, fill.funding, fill.entries)
        draft.basis["funding", index] = Basis.RECORDED
        draft.add_event(sc.Funding(amount=fill.funding), index)
    if label == "takeover":
        # The venue takes margin and fee together: one line holds both.
        _fold(draft, "trading_fee", "takeover", index)
        rate: Decimal | None = ZERO
    else:
        rate = _fee_rate(draft, index, fill, rules)
    draft.add_event(_engine_fill(fill, rate), index)


def _is_taken_over(fill: Fill, policy: PolicyTerm) -> bool:
    forced = _FILL_ROLES.get(fill.marker) == sc.FillRole.LIQUIDATION
    return forced and policy.policy.takeover_at_bankruptcy


def _fold(draft: _Draft, source: str, target: str, index: int) -> None:
    amount = draft.recorded.pop((source, index), ZERO)
    draft.evidence.pop((source, index), None)
    draft.recorded[target, index] = draft.recorded.get((target, index), ZERO) + amount


def _engine_fill(fill: Fill, rate: Decimal | None) -> sc.Fill:
    return sc.Fill(
        price=fill.price,
        qty=abs(fill.signed_quantity),
        role=_FILL_ROLES.get(fill.marker, sc.FillRole.ORDER),
        side=Side.BUY if fill.signed_quantity > ZERO else Side.SELL,
        trading_fee_rate=rate,
        occurred_at=fill.at,
    )


def _fee_rate(draft: _Draft, index: int, fill: Fill, rules: RuleBook) -> Decimal | None:
    """The rate this fill should have paid.

    With the account's tier known, that tier's. Without, a fee equal to any published
    tier's is taken as recorded (design §4.10); any other is held against the base.
    """
    key = ("trading_fee", index)
    terms = rules.fees_at(fill.at)
    tier = rules.tier_at(fill.at)
    rates = {term.tier: term.taker_rate for term in terms}
    if tier in rates:
        draft.notes[key] = f"tier {tier}"
        return rates[tier]
    notional = abs(fill.signed_quantity) * (fill.price or ZERO)
    size = rules.instruments[fill.instrument].contract_size
    for name, rate in sorted(rates.items(), key=lambda pair: pair[0] != "base"):
        if -fill.fee == rate * notional * size:
            draft.basis[key] = Basis.RECORDED if name != "base" else Basis.COMPUTED
            draft.notes[key] = f"tier unknown, equals tier {name}"
            return rate
    draft.notes[key] = "tier unknown, base tier taken"
    return rates.get("base", ZERO)


def _draft_movement(draft: _Draft, index: int, item: Movement, rules: RuleBook) -> None:
    line = item.entry.line
    if line.asset != draft.asset or line.role in (LedgerRole.INFO, LedgerRole.CREDIT):
        return
    if line.role == LedgerRole.FUND:
        draft.record("funding", index, line.amount, [item.entry])
        _engine_funding(draft, index, item, rules)
    elif line.role in (LedgerRole.INS, LedgerRole.CLAW):
        label = "surplus_taken" if line.amount < ZERO else "cover_received"
        draft.record(label, _WHOLE, line.amount, [item.entry])
    elif line.role == LedgerRole.LIQFEE:
        draft.record("liquidation_fee", _WHOLE, line.amount, [item.entry])
    else:
        label = _AS_RECORDED.get(line.role, "other")
        draft.record(label, index, line.amount, [item.entry])
        draft.expect(label, index, line.amount)
        draft.basis[label, index] = (
            Basis.NOT_VERIFIABLE if label in ("unknown", "other") else Basis.RECORDED
        )
        draft.add_event(sc.Transfer(line.amount), index)


def _engine_funding(draft: _Draft, index: int, item: Movement, rules: RuleBook) -> None:
    """By the published rate on the size open then, where rate and price are known."""
    line = item.entry.line
    rate = rules.funding_rates.get((line.instrument, line.occurred_at))
    price = line.price or line.mark_price
    if rate is None or price is None:
        draft.basis["funding", index] = Basis.RECORDED
        draft.add_event(sc.Funding(amount=line.amount), index)
    else:
        draft.add_event(sc.Funding(rate=rate, reference_price=price), index)


# --- the expected side ------------------------------------------------------------


def _expect_settlement(
    draft: _Draft,
    window: EventWindow,
    opening: Opening,
    rules: RuleBook,
    policy: PolicyTerm,
) -> None:
    instrument = rules.instruments[window.instrument]
    scope = sc.Scope(
        product=Product(instrument.product),
        side=PositionSide.LONG if opening.size > ZERO else PositionSide.SHORT,
        qty=abs(opening.size),
        contract_size=instrument.contract_size,
        entry_price=opening.entry,
        margin=opening.balance,
        settle_asset=draft.asset,
    )
    in_force = policy.policy
    if window.kind == EventKind.POSITION_REDUCTION and in_force.takeover_at_bankruptcy:
        in_force = replace(in_force, takeover_at_bankruptcy=False)
    outcome = settle(sc.SettlementCase(scope, tuple(draft.events), in_force))
    taken_over = in_force.takeover_at_bankruptcy
    for line in outcome.lines:
        _expect_line(draft, line, taken_over=taken_over)


def _expect_line(draft: _Draft, line: sc.SettlementLine, *, taken_over: bool) -> None:
    label = line.label.value
    if line.asset != draft.asset or label in ("opening_balance", "closing_balance"):
        return
    item = _WHOLE
    if line.event_index is not None:
        item = draft.item_of_event[line.event_index]
    amount = round_amount(line.amount, _BOOKED)
    if label == "transfer":
        return  # Already expected as recorded, under its own name.
    if label in ("surplus_taken", "cover_received"):
        item = _WHOLE
    if label == "liquidation_fee" and ("liquidation_fee", item) not in draft.recorded:
        item = _WHOLE if ("liquidation_fee", _WHOLE) in draft.recorded else item
    if label == "takeover" or (taken_over and label == "realised_pnl"):
        label = "takeover" if ("takeover", item) in draft.recorded else label
    draft.expect(label, item, amount)


def _expect_as_recorded(draft: _Draft) -> None:
    """Without entry or balance nothing can be recomputed: say so on every line."""
    for key, amount in draft.recorded.items():
        draft.expected[key] = amount
        draft.basis[key] = Basis.NOT_VERIFIABLE


# --- lines and conclusion ---------------------------------------------------------


def _lines(draft: _Draft, window: EventWindow, opening: Opening) -> tuple[Line, ...]:
    start = opening.balance or ZERO
    lines = [Line("opening_balance", draft.asset, start, start, opening.balance_basis)]
    keys = dict.fromkeys([*draft.recorded, *draft.expected])
    for key in sorted(keys, key=lambda pair: (pair[1] == _WHOLE, pair[1])):
        expected = draft.expected.get(key, ZERO)
        recorded = draft.recorded.get(key, ZERO)
        if expected == recorded == ZERO:
            continue
        lines.append(
            Line(
                label=key[0],
                asset=draft.asset,
                expected=expected,
                recorded=recorded,
                basis=draft.basis.get(key, Basis.COMPUTED),
                evidence=tuple(draft.evidence.get(key, ())),
                note=draft.notes.get(key, ""),
            )
        )
    for credit in window.credits:
        line = credit.entry.line
        lines.append(
            Line(
                "credit",
                line.asset,
                ZERO,
                line.amount,
                Basis.RECORDED,
                (credit.entry.id,),
                line.order_id and f"reference {line.order_id}",
            )
        )
    return tuple(lines)


def _conclude(
    draft: _Draft,
    window: EventWindow,
    opening: Opening,
    policy: PolicyTerm,
    lines: tuple[Line, ...],
) -> EventAssessment:
    expected = sum((line.expected for line in lines), ZERO)
    recorded = sum((line.recorded for line in lines), ZERO)
    # What the customer rightly owes is no shortfall of his: it is left out of both.
    owes = min(expected, ZERO)
    covered = max(draft.expected.get(("cover_received", _WHOLE), ZERO), ZERO)
    taken = draft.expected.get(("surplus_taken", _WHOLE), ZERO) < ZERO
    taken_over = any(line.label == "takeover" for line in lines)
    residual = max(expected, ZERO)
    return EventAssessment(
        asset=draft.asset,
        residual=residual,
        deficit=ZERO if residual else covered - owes,
        received=recorded - owes,
        lines=lines,
        facts=Facts(
            unknown_rows=sum(line.label == "unknown" for line in lines),
            gap=_find_gap(window.items, draft.asset, opening),
            goes_to_fund=taken or taken_over,
            deficit_covered=covered,
            customer_owes=-owes,
            credit_rows=len(window.credits),
            tolerance=policy.tolerance,
            money_step=policy.policy.rounding.money
            and policy.policy.rounding.money.step,
        ),
        policy=policy,
        verified_share=_verified_share(lines),
    )


def _verified_share(lines: Sequence[Line]) -> Decimal:
    """Σ|amount| of computed lines / Σ|amount| of all non-zero lines, 6 decimals."""
    weights = [(max(abs(x.expected), abs(x.recorded)), x.basis) for x in lines]
    whole = sum((weight for weight, _ in weights), ZERO)
    if whole == ZERO:
        return ZERO
    known = sum((w for w, basis in weights if basis == Basis.COMPUTED), ZERO)
    return round_amount(
        divide(known, whole), Rounding(Decimal("0.000001"), RoundingMode.DOWN)
    )


def _find_gap(items: Sequence[Item], asset: str, opening: Opening) -> str:
    """Where the rows are not whole: a doubted file, a balance that does not follow."""
    balance = opening.balance
    for item in items:
        for entry in item_entries(item):
            line = entry.line
            if entry.is_doubted:
                return f"{entry.file}: its manifest and its rows disagree"
            if line.asset != asset:
                continue
            after = None if balance is None else balance + line.amount
            stated = line.balance_after
            if stated is not None and after is not None and stated != after:
                return (
                    f"before row {line.row_number} of {entry.file}: the balance "
                    f"says {stated}, the rows give {after}"
                )
            balance = after if stated is None else stated
    return ""
