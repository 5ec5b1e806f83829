"""What an account held just before an event: balance, positions, average entries.

Positions and entries are replayed from the account's own fills. Only the rules say
whether a contract is inverse, so both averages are kept (MATH §2.1). Where the
history begins in the middle, what a row states is taken and said so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.detection import EventWindow
from recovery.domain.history import Entry, Fill, Item, item_entries
from recovery.domain.instruments import Product, average_entry
from recovery.domain.ledger import ZERO, LedgerRole
from recovery.domain.money import exact
from recovery.domain.words import Basis

# Which row tells the asset of an event without fills, the surest first.
_SETTLED_IN = (
    LedgerRole.PNL,
    LedgerRole.ADL,
    LedgerRole.INS,
    LedgerRole.REPAY,
    LedgerRole.LIQFEE,
    LedgerRole.BOUGHT,
)


@dataclass(slots=True)
class Holding:
    """A position as replayed: signed size and average entry, None while unknown."""

    size: Decimal = ZERO
    entry: Decimal | None = None
    inverse_entry: Decimal | None = None  # The harmonic average.
    is_known: bool = True

    def take(self, fill: Fill) -> None:
        """Apply one fill (MATH §2.1)."""
        before = fill.position_before
        if before is not None and before != self.size:
            # Rows are missing before this one: what it states is all we know.
            self.size, self.is_known = before, before == ZERO
            self.entry = self.inverse_entry = None
        after = self.size + fill.signed_quantity
        if self.size == ZERO or (self.size > ZERO) != (after > ZERO):
            self.entry = self.inverse_entry = fill.price if after != ZERO else None
            self.is_known = True
        elif abs(after) > abs(self.size):
            added = (abs(fill.signed_quantity), fill.price)
            self.entry = self._averaged(Product.LINEAR, self.entry, added)
            self.inverse_entry = self._averaged(
                Product.INVERSE, self.inverse_entry, added
            )
        if fill.entry_price_after and after != ZERO and self.entry is None:
            self.entry = self.inverse_entry = fill.entry_price_after
        self.size = after

    def entry_by(self, product: Product) -> Decimal | None:
        """Average entry by the payoff of the contract."""
        return self.inverse_entry if product is Product.INVERSE else self.entry

    def _averaged(
        self,
        product: Product,
        entry: Decimal | None,
        added: tuple[Decimal, Decimal | None],
    ) -> Decimal | None:
        """The average entry after adding; None where a price is not known."""
        qty, price = added
        if entry is None or not price:
            return None
        return average_entry(product, (abs(self.size), entry), (qty, price))


class Position(NamedTuple):
    """An open position: signed contracts, average entries where they are known."""

    size: Decimal
    entry: Decimal | None
    inverse_entry: Decimal | None


@dataclass(frozen=True, slots=True)
class Opening:
    """State of the scope before the first item of an event.

    Attributes:
        balance: Cash of the settlement asset; None where no row tells.
        size: Signed contracts.
        entry: Average entry price; None where the records cannot prove it.
        balance_basis: `computed` when every row since zero was seen.
        inverse_entry: The same of an inverse contract.
        others: Positions in other instruments of the account, by instrument.
    """

    balance: Decimal | None
    size: Decimal
    entry: Decimal | None
    balance_basis: Basis
    inverse_entry: Decimal | None = None
    others: Mapping[str, Position] = field(default_factory=dict)

    def entry_by(self, product: Product) -> Decimal | None:
        """Average entry by the payoff of the contract."""
        return self.inverse_entry if product is Product.INVERSE else self.entry


@dataclass(slots=True)
class _Wallet:
    balance: Decimal = ZERO
    is_whole: bool = True
    is_seen: bool = False

    def take(self, entry: Entry) -> None:
        line = entry.line
        stated = line.balance_after
        if not self.is_seen and stated is not None and stated != line.amount:
            self.is_whole = False
        if stated is not None and self.is_seen and self.balance + line.amount != stated:
            self.is_whole = False
        self.balance = self.balance + line.amount if stated is None else stated
        self.is_seen = True


def find_openings(
    items: Sequence[Item], windows: Sequence[EventWindow]
) -> list[Opening]:
    """The state before each event, in the order of the windows.

    Args:
        items: All items of one account.
        windows: From `detect_events`, in time order of their first item.
    """
    wallets: dict[str, _Wallet] = {}
    holdings: dict[str, Holding] = {}
    wanted: dict[int, list[int]] = {}
    for place, window in enumerate(windows):
        wanted.setdefault(window.before, []).append(place)
    found: dict[int, Opening] = {}
    with exact():
        for index, item in enumerate(items):
            for place in wanted.get(index, ()):
                found[place] = _opening(windows[place], wallets, holdings)
            _take(item, wallets, holdings)
    return [found[place] for place in range(len(windows))]


def _take(
    item: Item, wallets: dict[str, _Wallet], holdings: dict[str, Holding]
) -> None:
    for entry in item_entries(item):
        if entry.line.amount or entry.line.balance_after is not None:
            wallets.setdefault(entry.line.asset, _Wallet()).take(entry)
    if isinstance(item, Fill):
        holdings.setdefault(item.instrument, Holding()).take(item)


def window_asset(window: EventWindow) -> str:
    """The settlement asset: that of the cash rows of the forced fills.

    Where rows tell no sizes, that of the result, else of what was taken or repaid.
    """
    if not window.forced:
        return _asset_of_rows(window)
    for fill in window.forced:
        for entry in fill.entries:
            line = entry.line
            is_cash = line.amount != ZERO or line.balance_after is not None
            if is_cash and line.asset.lower() != fill.instrument.lower():
                return line.asset
    return window.forced[0].entries[-1].line.asset


def _asset_of_rows(window: EventWindow) -> str:
    lines = [entry.line for item in window.items for entry in item_entries(item)]
    for role in _SETTLED_IN:
        for line in lines:
            if line.role == role and line.instrument in ("", window.instrument):
                return line.asset
    return lines[0].asset


def _opening(
    window: EventWindow, wallets: dict[str, _Wallet], holdings: dict[str, Holding]
) -> Opening:
    asset = window_asset(window)
    wallet = wallets.get(asset, _Wallet(is_whole=False))
    holding = holdings.get(window.instrument, Holding(is_known=False))
    size = window.position_before
    after = window.forced[0].entry_price_after if window.forced else None
    is_same = size is None or size == holding.size
    entry = holding.entry if is_same else None
    inverse = holding.inverse_entry if is_same else None
    stated = _stated_opening(window, asset)
    balance = wallet.balance if wallet.is_seen else None
    is_whole = wallet.is_whole and stated in (None, balance)
    return Opening(
        balance=balance if stated is None else stated,
        size=holding.size if size is None else size,
        entry=entry if entry is not None else after,
        balance_basis=Basis.COMPUTED if is_whole else Basis.RECORDED,
        inverse_entry=inverse if inverse is not None else after,
        others={
            name: Position(held.size, held.entry, held.inverse_entry)
            for name, held in holdings.items()
            if held.size and name != window.instrument
        },
    )


def _stated_opening(window: EventWindow, asset: str) -> Decimal | None:
    for item in window.items:
        for entry in item_entries(item):
            line = entry.line
            if line.asset == asset and line.balance_after is not None:
                return line.balance_after - line.amount
    return None
