"""The recorded side of an event, and what the settlement engine is to replay.

Every item of the window is booked under a label, as the ledger has it, and becomes an
event of the engine, so that both sides speak of the same things.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from recovery.domain import settlement_case as sc
from recovery.domain.detection import EventWindow
from recovery.domain.history import Entry, Fill, Movement
from recovery.domain.ledger import ZERO, EventMarker, LedgerRole, Side
from recovery.domain.rulebook import PolicyTerm, RuleBook
from recovery.domain.words import Basis

# Lines that belong to the event as a whole, not to one of its items.
WHOLE = -1
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


@dataclass(slots=True)
class Draft:
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
        """Have the engine replay an event that stands for an item."""
        self.events.append(event)
        self.item_of_event.append(item)

    def expect(self, label: str, item: int, amount: Decimal) -> None:
        """Add to what should have been booked."""
        key = (label, item)
        self.expected[key] = self.expected.get(key, ZERO) + amount

    def record(
        self, label: str, item: int, amount: Decimal, entries: Sequence[Entry]
    ) -> None:
        """Add what was booked, with the entries that say so."""
        key = (label, item)
        self.recorded[key] = self.recorded.get(key, ZERO) + amount
        self.evidence.setdefault(key, []).extend(entry.id for entry in entries)


def draft_event(
    window: EventWindow,
    asset: str,
    rules: RuleBook,
    policy: PolicyTerm,
    *,
    can_compute: bool,
) -> Draft:
    """Book every item of a window, in order.

    Args:
        window: The event.
        asset: Its settlement asset; items of others move nothing here.
        rules: What was in force.
        policy: The policy in force at the start.
        can_compute: Opening balance and entry are known.
    """
    draft = Draft(asset)
    for index, item in enumerate(window.items):
        if isinstance(item, Fill):
            _draft_fill(draft, index, item, rules, policy, can_compute=can_compute)
        else:
            _draft_movement(draft, index, item, rules)
    return draft


def _draft_fill(
    draft: Draft,
    index: int,
    fill: Fill,
    rules: RuleBook,
    policy: PolicyTerm,
    *,
    can_compute: bool,
) -> None:
    is_takeover = _is_taken_over(fill, policy)
    if fill.funding:
        draft.record("funding", index, fill.funding, fill.entries)
        draft.basis["funding", index] = Basis.RECORDED
        draft.add_event(sc.Funding(amount=fill.funding), index)
    if is_takeover:
        # The venue takes margin and fee together: one line holds both.
        draft.record("takeover", index, fill.pnl + fill.fee, fill.entries)
        rate = ZERO
    else:
        draft.record("realised_pnl", index, fill.pnl, _rows(fill, LedgerRole.PNL))
        if fill.fee or not can_compute:
            rows = _rows(fill, LedgerRole.FEE)
            draft.record("trading_fee", index, fill.fee, rows)
        rate = _fee_rate(draft, index, fill, rules)
    if fill.liquidation_fee:
        rows = _rows(fill, LedgerRole.LIQFEE)
        draft.record("liquidation_fee", index, fill.liquidation_fee, rows)
    draft.add_event(_engine_fill(fill, rate), index)


def _rows(fill: Fill, role: LedgerRole) -> list[Entry]:
    """The entries that book this part: rows of their own, else the whole fill."""
    own = [entry for entry in fill.entries if entry.line.role == role]
    return own or fill.entries


def _is_taken_over(fill: Fill, policy: PolicyTerm) -> bool:
    forced = _FILL_ROLES.get(fill.marker) == sc.FillRole.LIQUIDATION
    return forced and policy.policy.takeover_at_bankruptcy


def _engine_fill(fill: Fill, rate: Decimal) -> sc.Fill:
    return sc.Fill(
        price=fill.price,
        qty=abs(fill.signed_quantity),
        role=_FILL_ROLES.get(fill.marker, sc.FillRole.ORDER),
        side=Side.BUY if fill.signed_quantity > ZERO else Side.SELL,
        trading_fee_rate=rate,
        occurred_at=fill.at,
    )


def _fee_rate(draft: Draft, index: int, fill: Fill, rules: RuleBook) -> Decimal:
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


def _draft_movement(draft: Draft, index: int, item: Movement, rules: RuleBook) -> None:
    line = item.entry.line
    if line.asset != draft.asset or line.role in (LedgerRole.INFO, LedgerRole.CREDIT):
        return
    if line.role == LedgerRole.FUND:
        draft.record("funding", index, line.amount, [item.entry])
        _engine_funding(draft, index, item, rules)
    elif line.role in (LedgerRole.INS, LedgerRole.CLAW):
        label = "surplus_taken" if line.amount < ZERO else "cover_received"
        draft.record(label, WHOLE, line.amount, [item.entry])
    elif line.role == LedgerRole.LIQFEE:
        draft.record("liquidation_fee", WHOLE, line.amount, [item.entry])
    else:
        label = _AS_RECORDED.get(line.role, "other")
        draft.record(label, index, line.amount, [item.entry])
        draft.expect(label, index, line.amount)
        draft.basis[label, index] = (
            Basis.NOT_VERIFIABLE if label in ("unknown", "other") else Basis.RECORDED
        )
        draft.add_event(sc.Transfer(line.amount), index)


def _engine_funding(draft: Draft, index: int, item: Movement, rules: RuleBook) -> None:
    """By the published rate on the size open then, where rate and price are known."""
    line = item.entry.line
    rate = rules.funding_rates.get((line.instrument, line.occurred_at))
    price = line.price or line.mark_price
    if rate is None or price is None:
        draft.basis["funding", index] = Basis.RECORDED
        draft.add_event(sc.Funding(amount=line.amount), index)
    else:
        draft.add_event(sc.Funding(rate=rate, reference_price=price), index)
