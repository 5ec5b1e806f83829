"""The running state of one margin scope while its records are replayed."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.instruments import (
    PositionSide,
    contracts_of,
    notional_of,
    profit_of,
)
from recovery.domain.money import ONE, ZERO, round_amount
from recovery.domain.policy import Policy
from recovery.domain.policy_words import Bearer
from recovery.domain.settlement_case import (
    LineLabel,
    OtherPosition,
    Scope,
    SettlementLine,
)

LONG_SIGN = ONE
SHORT_SIGN = -ONE
FUND = "insurance_fund"

# Reading a member from its class costs more than the sums of a fill.
_SHORT = PositionSide.SHORT
_OPENING = LineLabel.OPENING_BALANCE


class PartnerTotals(NamedTuple):
    """What the fills with the counterparty add up to; None where unknown."""

    cash: Decimal = ZERO
    pnl: Decimal | None = ZERO
    forgone_pnl: Decimal | None = ZERO


class ScopeState:
    """Money, position and running totals; changed by one event after another.

    Units: money in the settlement asset, `qty` in contracts. `sign` is +1 of a
    long and -1 of a short; it keeps the last direction while nothing is open.
    `received` holds what other parties got (+) or gave (-), but for the
    liquidation fee, which is its receiver's.
    """

    # Totals over all events; each starts at 0.
    customer_pnl = ZERO  # Realised by the customer's own fills.
    venue_fill_pnl: Decimal | None = ZERO  # Of the venue's fills, against the entry.
    trading_fee_booked = ZERO  # In the settlement asset.
    trading_fee_converted: Decimal | None = ZERO  # In other assets, converted.
    funding = ZERO
    interest = ZERO
    transfers = ZERO
    closed_qty = ZERO
    assigned_qty = ZERO
    liquidation_fee = ZERO
    cover = ZERO
    cover_pending = ZERO  # Borne, not in the wallet while other positions are open.
    unbooked = ZERO  # Of the deficit: told, but never in the wallet.
    taken = ZERO
    deficit = ZERO
    surplus = ZERO
    residual = ZERO

    # Since the position was last settled.
    forced_fills = 0
    forced_base = ZERO
    final_base = ZERO
    open_fee = ZERO
    open_whole_fee = ZERO
    open_cover = ZERO
    scaled_rate = ZERO  # Of the liquidation fee, in the state before the last fill.
    unbooked_before = ZERO  # What an earlier position of the scope left unbooked.

    # The takeover, once it has happened.
    taken_over = False
    venue_qty = ZERO
    venue_gain = ZERO  # Fills of the venue better than the bankruptcy price.
    venue_shortfall = ZERO  # What was given for the ones that were worse.
    booked_pnl: Decimal | None = None
    bankruptcy_price: Decimal | None = None

    previous_mark: Decimal | None = None
    partner: PartnerTotals | None = None
    only_fill = False  # The case has one fill: it is the counterparty's as well.
    insolvent_fee: Decimal | None = None
    settled = False
    planned_steps = 0
    marked_at: datetime | None = None  # When the mark was last told.
    reducing_since: datetime | None = None  # When the first planned step was due.
    reduced_at: datetime | None = None  # When the last planned step was taken.
    is_reducing = False  # A reduction has begun and is not at its stop.
    is_staged = False
    sizes_only = False  # No price is known: sizes move, money is not followed.
    event_index: int | None = None
    last_fill_index: int | None = None

    def __init__(self, scope: Scope, policy: Policy) -> None:
        """Open the scope as the case states it."""
        self.scope = scope
        self.policy = policy
        self.product = scope.product
        self.asset = scope.settle_asset
        self.contract_size = scope.contract_size
        self.sign = SHORT_SIGN if scope.side is _SHORT else LONG_SIGN
        self.qty = scope.qty
        self.entry_price = scope.entry_price
        self.mark = scope.mark_price
        self.wallet = scope.margin if scope.margin is not None else ZERO
        self.fund_left = scope.insurance_fund
        self.money_rounding = policy.rounding.money
        self.notional_rounding = policy.rounding.notional
        others = scope.other_positions
        self.has_other_positions = bool(others) and any(other.qty for other in others)
        self.fee_receiver = str(policy.liquidation_fee.to)
        self.fee_assets: dict[str, Decimal] = {}
        self.received: dict[str, Decimal] = {}
        self.paid_to: dict[str, Decimal] = {}
        self.borne: dict[Bearer, Decimal] = dict.fromkeys(policy.deficit_to, ZERO)
        self.fund_moves: list[Decimal] = []
        self.lines = [SettlementLine(_OPENING, scope.settle_asset, self.wallet)]

    def money(self, amount: Decimal) -> Decimal:
        """An amount as it is booked."""
        if self.money_rounding is None:
            return amount
        return round_amount(amount, self.money_rounding)

    def book(self, label: LineLabel, amount: Decimal) -> None:
        """Move money of the scope and write the line."""
        if amount:
            self.wallet += amount
            line = SettlementLine(label, self.asset, amount, self.event_index)
            self.lines.append(line)

    def note_other_asset(self, asset: str, amount: Decimal) -> None:
        """Write the line of a fee in an asset whose balance is not followed."""
        label = LineLabel.TRADING_FEE
        self.lines.append(SettlementLine(label, asset, amount, self.event_index))

    def pay(self, party: str, amount: Decimal) -> None:
        """Give (+) another party money, or take it from there (-)."""
        self.received[party] = self.received.get(party, ZERO) + amount

    @property
    def fund_delta(self) -> Decimal:
        """What the insurance fund has received so far."""
        moved = self.received.get(FUND, ZERO)
        return moved + self.liquidation_fee if self.fee_receiver == FUND else moved

    @property
    def pnl(self) -> Decimal | None:
        """Result of all fills against the entry; None where no entry is known."""
        if self.venue_fill_pnl is None:
            return None
        return self.customer_pnl + self.venue_fill_pnl

    @property
    def trading_fee(self) -> Decimal | None:
        """All trading fees; None where one of another asset has no price."""
        if self.trading_fee_converted is None:
            return None
        return self.trading_fee_booked + self.trading_fee_converted

    def here(self, key: str) -> str:
        """The path of a key of the event being applied."""
        return f"events[{self.event_index}].{key}"

    def signed_units(self, qty: Decimal) -> Decimal:
        """Contracts of the open position as signed units of the underlying."""
        return self.sign * qty * self.contract_size

    def entry_required(self) -> Decimal:
        """The average entry price."""
        return required(self.entry_price, "entry_price")

    def mark_required(self) -> Decimal:
        """The mark price in force."""
        return required(self.mark, "mark_price")

    def profit_to(self, qty: Decimal, price: Decimal) -> Decimal:
        """Result of closing a part of the position at a price."""
        units = self.signed_units(qty)
        return profit_of(self.product, units, self.entry_required(), price)

    def notional(self, qty: Decimal, price: Decimal) -> Decimal:
        """Value of a size at a price."""
        return notional_of(self.product, qty * self.contract_size, price)

    def qty_of_notional(self, notional: Decimal) -> Decimal:
        """Contracts that an entry notional in the quote stands for."""
        return contracts_of(
            self.product, notional, self.entry_required(), self.contract_size
        )

    def fee_notional(self, qty: Decimal, price: Decimal) -> Decimal:
        """Value of a size at a price as fees are charged on it."""
        return round_amount(self.notional(qty, price), self.notional_rounding)

    def other_profit(self) -> Decimal:
        """Unrealised result of the other positions of the scope."""
        profits = ZERO
        if not self.has_other_positions:
            return profits
        for index, other in enumerate(self.scope.other_positions):
            profits += _unrealised(self, other, index)
        return profits

    def own_profit(self) -> Decimal:
        """Unrealised result of what is open, at the mark."""
        if not self.qty:
            return ZERO
        return self.profit_to(self.qty, self.mark_required())

    def other_profits(self) -> list[Decimal]:
        """Unrealised result of each other position of the scope."""
        others = enumerate(self.scope.other_positions)
        return [_unrealised(self, other, index) for index, other in others]

    def equity(self) -> Decimal:
        """Money and unrealised results of the whole scope, at the mark."""
        return self.wallet + self.own_profit() + self.other_profit()


def _unrealised(state: ScopeState, other: OtherPosition, index: int) -> Decimal:
    """Unrealised result of one other position."""
    if not other.qty:
        return ZERO
    path = f"other_positions[{index}]"
    entry = required(other.entry_price, f"{path}.entry_price")
    mark = required(other.mark_price, f"{path}.mark_price")
    sign = SHORT_SIGN if other.side is PositionSide.SHORT else LONG_SIGN
    units = sign * other.qty * other.contract_size
    return profit_of(state.product, units, entry, mark)


def required(value: Decimal | None, path: str) -> Decimal:
    """A value that the computation cannot do without.

    Raises:
        CaseFieldError: it is not given.
    """
    if value is None:
        raise CaseFieldError(path, "missing")
    return value
