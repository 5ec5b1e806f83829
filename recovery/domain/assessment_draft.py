"""The recorded side of an event, and what the settlement engine is to replay.

Every item of the window is booked under a label, as the ledger has it, and becomes an
event of the engine, so that both sides speak of the same things.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from recovery.domain import settlement_case as sc
from recovery.domain.detection import EventWindow
from recovery.domain.history import Entry, Fill, Movement
from recovery.domain.instruments import notional_of
from recovery.domain.ledger import ZERO, EventMarker, LedgerRole, Side
from recovery.domain.opening import Opening
from recovery.domain.rulebook import PolicyTerm, RuleBook
from recovery.domain.words import Basis

# Digits that a booked fee of an inverse contract cannot have.
_RESIDUE = Decimal("1e-18")
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
    LedgerRole.PNL: "realised_pnl",
    LedgerRole.ADL: "realised_pnl",
    LedgerRole.XFER: "transfer",
    LedgerRole.INT: "interest",
    LedgerRole.FEE: "trading_fee",
    LedgerRole.UNKNOWN: "unknown",
    LedgerRole.CONV: "conversion",
    LedgerRole.SOLD: "conversion",
    LedgerRole.BOUGHT: "conversion",
}


class Elsewhere(NamedTuple):
    """An amount in another asset than the event settles in."""

    label: str
    asset: str
    amount: Decimal
    entry: int


class ForDraft(NamedTuple):
    """What a draft is written by.

    Attributes:
        asset: The settlement asset; rows of others move nothing of it.
        rules: What was in force.
        policy: The policy in force at the start.
        can_compute: Opening balance and entry are known.
        closed_by: The item that closed the position; own transfers after it are
            not the event's.
        instrument: What the event is of.
    """

    asset: str
    rules: RuleBook
    policy: PolicyTerm
    can_compute: bool
    closed_by: int | None = None
    instrument: str = ""


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
    elsewhere: list[Elsewhere] = field(default_factory=list)
    fees_elsewhere: dict[str, str] = field(default_factory=dict)  # Asset by order.
    late_transfers: Decimal = ZERO
    deficit: Decimal = ZERO  # As the engine found it, of a scope that goes on.
    waits: bool = False  # Other positions of the scope are open.

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


def closing_item(window: EventWindow, opening: Opening) -> int | None:
    """The last fill of a window, where nothing is open after it."""
    size, last = opening.size, None
    for index, item in enumerate(window.items):
        if isinstance(item, Fill) and item.instrument == window.instrument:
            size, last = size + item.signed_quantity, index
    return last if size == ZERO else None


def draft_event(window: EventWindow, given: ForDraft) -> Draft:
    """Book every item of a window, in order."""
    draft = Draft(given.asset)
    draft.fees_elsewhere = {
        item.entry.line.order_id: item.entry.line.asset
        for item in window.items
        if isinstance(item, Movement) and _is_fee_elsewhere(item, given.asset)
    }
    for index, item in enumerate(window.items):
        if isinstance(item, Fill) and item.instrument != window.instrument:
            _draft_other_fill(draft, index, item)
        elif isinstance(item, Fill):
            _draft_fill(draft, index, item, given)
        else:
            _draft_movement(draft, index, item, given)
    return draft


def _is_fee_elsewhere(item: Movement, asset: str) -> bool:
    """Whether a row charges the trading fee of an order in another asset."""
    line = item.entry.line
    return line.role == LedgerRole.FEE and line.asset != asset and bool(line.order_id)


def _draft_other_fill(draft: Draft, index: int, fill: Fill) -> None:
    """A fill of another position of the scope: its money moves, by its own event."""
    moved = ZERO
    for entry in fill.entries:
        line = entry.line
        if line.asset == draft.asset and line.role != LedgerRole.INFO:
            moved += line.amount
    draft.record("other_position", index, moved, fill.entries)
    draft.expect("other_position", index, moved)
    draft.basis["other_position", index] = Basis.RECORDED
    draft.notes["other_position", index] = fill.instrument
    draft.add_event(sc.Transfer(moved), index)


def _draft_fill(draft: Draft, index: int, fill: Fill, given: ForDraft) -> None:
    is_takeover = _is_taken_over(fill, given.policy)
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
        if fill.fee or not given.can_compute:
            rows = _rows(fill, LedgerRole.FEE)
            draft.record("trading_fee", index, fill.fee, rows)
        rate = _fee_rate(draft, index, fill, given.rules)
        if fill.marker == EventMarker.ADL and not fill.fee:
            rate = ZERO  # Only one that carries a fee pays it (CASES §3).
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
    if not fill.has_fee and fill.order_id in draft.fees_elsewhere:
        return ZERO  # It is charged, in another asset.
    terms = rules.fees_at(fill.at)
    tier = rules.tier_at(fill.at)
    rates = {term.tier: term.taker_rate for term in terms}
    if tier in rates:
        draft.notes[key] = f"tier {tier}"
        return rates[tier]
    if fill.instrument not in rules.instruments:
        draft.basis[key] = Basis.NOT_VERIFIABLE
        return ZERO
    units = abs(fill.signed_quantity) * rules.instruments[fill.instrument].contract_size
    product = rules.product_of(fill.instrument)
    value = notional_of(product, units, fill.price) if fill.price else ZERO
    for name, rate in sorted(rates.items(), key=lambda pair: pair[0] != "base"):
        if abs(fill.fee + rate * value) <= _RESIDUE:
            draft.basis[key] = Basis.RECORDED if name != "base" else Basis.COMPUTED
            draft.notes[key] = f"tier unknown, equals tier {name}"
            return rate
    draft.notes[key] = "tier unknown, base tier taken"
    return rates.get("base", ZERO)


def _draft_movement(draft: Draft, index: int, item: Movement, given: ForDraft) -> None:
    line = item.entry.line
    if line.role in (LedgerRole.INFO, LedgerRole.CREDIT):
        return
    if line.asset != draft.asset:
        label = _AS_RECORDED.get(line.role, "other")
        moved = Elsewhere(label, line.asset, line.amount, item.entry.id)
        draft.elsewhere.append(moved)
        return
    is_late = given.closed_by is not None and index > given.closed_by
    if line.role == LedgerRole.XFER and is_late:
        # Money brought in later pays no deficit, money taken out was received.
        draft.late_transfers += line.amount
        return
    if line.role == LedgerRole.FUND:
        draft.record("funding", index, line.amount, [item.entry])
        _engine_funding(draft, index, item, given.rules)
    elif line.role in (LedgerRole.INS, LedgerRole.CLAW):
        label = "surplus_taken" if line.amount < ZERO else "cover_received"
        draft.record(label, WHOLE, line.amount, [item.entry])
    elif line.role == LedgerRole.LIQFEE:
        draft.record("liquidation_fee", WHOLE, line.amount, [item.entry])
    else:
        _draft_as_recorded(draft, index, item, given)


def _draft_as_recorded(
    draft: Draft, index: int, item: Movement, given: ForDraft
) -> None:
    """A row that nothing can be held against; a result has its fill elsewhere."""
    line = item.entry.line
    label = _AS_RECORDED.get(line.role, "other")
    if label == "realised_pnl" and line.instrument not in ("", given.instrument):
        label = "other_position"
        draft.notes[label, index] = line.instrument
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
