"""The frozen values a venue's data file is read into.

A venue of an ordinary shape is one TOML file in `data/`; it needs no code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from recovery.domain.ledger import EventMarker, LedgerRole


class LayoutKind(StrEnum):
    """What the records of a layout are."""

    LEDGER = "ledger"
    ENGINE_LOG = "engine_log"
    MARK_PRICES = "mark_prices"
    FUNDING_RATES = "funding_rates"


class RowOrder(StrEnum):
    """The order in which a venue writes its rows."""

    OLDEST_FIRST = "oldest_first"
    NEWEST_FIRST = "newest_first"


class LetterCase(StrEnum):
    """How a name is spelt in the desk, given how the file spells it."""

    AS_IN_FILE = "as_in_file"
    UPPER = "upper"


ZONE_ASKED = "ask"


@dataclass(frozen=True, slots=True)
class TimeRule:
    """Where the time stands, in which written forms, and in which zone.

    `zone` is a zone name, or `ask` when the file cannot say it.
    """

    column: str
    forms: tuple[str, ...]
    zone: str


@dataclass(frozen=True, slots=True)
class AccountRule:
    """Where the account number stands.

    Attributes:
        column: the column that names it, or empty.
        preamble: the label that names it above the header (`UID`), or empty.
        wallets: a pattern for column values that name a wallet inside one account
            instead of an account; the account must then be given.
        main_wallet: the wallet that is the account itself.
    """

    column: str = ""
    preamble: str = ""
    wallets: str = ""
    main_wallet: str = ""


@dataclass(frozen=True, slots=True)
class NumberRule:
    """How numbers are written where that is not plain.

    Attributes:
        none: texts that mean "no value" (never zero).
        thousands: a separator to drop, or empty.
        decimal: the decimal mark.
        unit_suffix: whether a unit may follow the number (`0.1 USDT`).
    """

    none: tuple[str, ...] = ("",)
    thousands: str = ""
    decimal: str = "."
    unit_suffix: bool = False


@dataclass(frozen=True, slots=True)
class OperationRule:
    """What one row type means.

    Attributes:
        role: the ledger role of the row's principal.
        marker: what it says about a forced act.
        remainder_role: the role instead of `role` when money is left beside the
            fee, funding and liquidation fee of the row.
        spot_when_none: a column that is empty on spot legs; such a row is SOLD or
            BOUGHT by its sign.
        ignored: why rows of this type are left out, or empty.
    """

    role: LedgerRole
    marker: EventMarker = EventMarker.NONE
    remainder_role: LedgerRole | None = None
    spot_when_none: str = ""
    ignored: str = ""


UNKNOWN_OPERATION = OperationRule(LedgerRole.UNKNOWN)


@dataclass(frozen=True, slots=True)
class PositionLeg:
    """Which rows move a position instead of money.

    `column` either equals `equals_column` or matches `pattern`.
    """

    column: str
    equals_column: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One signed column of a row identity."""

    column: str
    sign: int


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A row identity: `left` equals the sum of `terms` within `tolerance`.

    It is not asked of rows on which every term is empty.
    """

    name: str
    left: str
    terms: tuple[Term, ...]
    tolerance: Decimal


@dataclass(frozen=True, slots=True)
class Layout:
    """One recognised layout of a source file.

    `fields` maps the desk's field to the file's column. `cost_signs` tells for
    fee, funding and liquidation_fee whether a cost is written `positive` or
    `negative`.
    """

    venue: str
    code: str
    generation: str
    kind: LayoutKind
    order: RowOrder
    announced_as: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    time: TimeRule
    account: AccountRule
    numbers: NumberRule
    fields: Mapping[str, str]
    cost_signs: Mapping[str, str]
    sides: Mapping[str, str]
    operations: Mapping[str, OperationRule]
    position_leg: PositionLeg | None
    checks: tuple[RowCheck, ...]
    has_running_balance: bool
    asset_case: LetterCase
    instrument_case: LetterCase

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns the layout knows."""
        return self.required + self.optional


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A default line of a venue's fee schedule: a share of the fill notional."""

    tier: str
    taker_rate: Decimal
    maker_rate: Decimal
    valid_from: date
    valid_to: date | None
    terms_reference: str
    note: str


@dataclass(frozen=True, slots=True)
class InstrumentLine:
    """An instrument a venue is known to list."""

    code: str
    product: str  # linear or inverse
    base_asset: str
    settlement_asset: str
    contract_size: Decimal
    price_step: Decimal
    size_step: Decimal


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """The default liquidation policy, in the grammar of the calculation core."""

    terms: Mapping[str, Any]
    valid_from: date
    valid_to: date | None
    terms_reference: str
    note: str


@dataclass(frozen=True, slots=True)
class VenueProfile:
    """Everything the desk ships about one venue."""

    code: str
    name: str
    layouts: tuple[Layout, ...]
    policies: tuple[PolicyLine, ...]
    fee_schedule: tuple[FeeLine, ...]
    instruments: tuple[InstrumentLine, ...]

    def layout(self, code: str, generation: str) -> Layout:
        """The layout of that code and generation.

        Raises:
            KeyError: the venue has none.
        """
        for layout in self.layouts:
            if (layout.code, layout.generation) == (code, generation):
                return layout
        raise KeyError(code, generation)


def layout_with_operations(
    layout: Layout, operations: Mapping[str, OperationRule]
) -> Layout:
    """The layout with row types that staff have added or corrected."""
    return replace(layout, operations={**layout.operations, **operations})
