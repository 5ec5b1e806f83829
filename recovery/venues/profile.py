"""The frozen values a venue's data file is read into.

A venue of an ordinary shape is one TOML file in `data/`; it needs no code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from recovery.domain.ledger import EventMarker, LedgerRole
from recovery.venues.file_rules import (
    AccountRule,
    DerivedColumn,
    IdentityRule,
    IgnoreRule,
    NumberRule,
    PositionLeg,
    RowCheck,
    TimeRule,
)


class LayoutKind(StrEnum):
    """What the records of a layout are."""

    LEDGER = "ledger"
    ENGINE_LOG = "engine_log"
    MARK_PRICES = "mark_prices"
    FUNDING_RATES = "funding_rates"
    POSITIONS = "positions"  # What accounts held at an instant.
    REFERENCE = "reference"  # Customers, accounts, tiers and the like, by field.


class RowOrder(StrEnum):
    """The order in which a venue writes its rows."""

    OLDEST_FIRST = "oldest_first"
    NEWEST_FIRST = "newest_first"
    BY_ID = "by_id"  # Listed loosely; the venue's own row id tells the order.


class LetterCase(StrEnum):
    """How a name is spelt in the desk, given how the file spells it."""

    AS_IN_FILE = "as_in_file"
    UPPER = "upper"


@dataclass(frozen=True, slots=True)
class OperationRule:
    """What one row type means.

    Attributes:
        role: the ledger role of the row's principal.
        marker: what it says about a forced act.
        remainder_role: the role instead of `role` when money is left beside the
            fee, funding and liquidation fee of the row.
        positive_role, positive_marker: instead of `role` and `marker` when the
            amount is above zero.
        spot_when_none: a column that is empty on spot legs; such a row is SOLD or
            BOUGHT by its sign.
        fee_is_own: whether the fee column holds what `role` is about (a rollover).
        ignored: why rows of this type are left out, or empty.
    """

    role: LedgerRole
    marker: EventMarker = EventMarker.NONE
    remainder_role: LedgerRole | None = None
    positive_role: LedgerRole | None = None
    positive_marker: EventMarker | None = None
    spot_when_none: str = ""
    fee_is_own: bool = False
    ignored: str = ""

    @property
    def is_one_way(self) -> bool:
        """Whether rows above zero mean the same as those below."""
        return self.positive_role is None and self.positive_marker is None


UNKNOWN_OPERATION = OperationRule(LedgerRole.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Layout:
    """One recognised layout of a source file.

    Attributes:
        announced_as: the kind named in a `#recovery-desk` preamble.
        taken_whole: whether rows far apart stand or fall together, so that the file
            is read and stored in one piece.
        fields: the desk's field to the column, which may be a derived one.
        cost_signs: for fee, funding and liquidation_fee, whether a cost is written
            `positive` or `negative`.
        operation_patterns: row types told by a pattern, after the exact names.
        aliases: column to its other names, localised or misspelt; `{zone}` in a
            name stands for an offset such as `+08:00`, or none.
        shapes: column to a pattern of its cells, for a layout without a header.
        file_name: a pattern of names that state `account`, `asset` or `zone`.
        cells_missing, cells_beyond: how much shorter or longer a row may be.
        notes_between: whether short lines without a date may stand between the rows.
        restates: codes of the layouts that tell the same money.
        sums_positions: whether a row sums fees and funding of a closed position since
            it was opened.
        identity: what makes a row the same row in another file, where the ids of the
            venue do not.
        verified: whether the layout was read in files or documents of the venue.
        title, obtain, note: what it is called, where to get it, what is not known.
    """

    venue: str
    code: str
    generation: str
    kind: LayoutKind
    order: RowOrder
    required: tuple[str, ...]
    time: TimeRule
    fields: Mapping[str, str]
    announced_as: str = ""
    taken_whole: bool = False
    optional: tuple[str, ...] = ()
    account: AccountRule = field(default_factory=AccountRule)
    numbers: NumberRule = field(default_factory=NumberRule)
    cost_signs: Mapping[str, str] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, OperationRule] = field(default_factory=dict)
    operation_patterns: Mapping[str, OperationRule] = field(default_factory=dict)
    position_leg: PositionLeg | None = None
    checks: tuple[RowCheck, ...] = ()
    has_running_balance: bool = False
    asset_case: LetterCase = LetterCase.AS_IN_FILE
    instrument_case: LetterCase = LetterCase.AS_IN_FILE
    asset_names: Mapping[str, str] = field(default_factory=dict)
    derived: tuple[DerivedColumn, ...] = ()
    ignore: tuple[IgnoreRule, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shapes: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""
    cells_missing: int = 0
    cells_beyond: int = 0
    notes_between: bool = False
    restates: tuple[str, ...] = ()
    sums_positions: bool = False
    identity: IdentityRule | None = None
    verified: bool = True
    title: str = ""
    obtain: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """Code and generation."""
        return f"{self.code} {self.generation}"

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of the file the layout knows."""
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
class InstrumentRule:
    """Instruments a venue names by a rule: the pattern fits the whole name.

    `settlement_asset` may take groups of the pattern, by a backslash and the number.
    """

    pattern: str
    product: str
    settlement_asset: str
    contract_size: Decimal
    note: str


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file of the venue that the desk has no use for, and what to ask for instead."""

    venue: str
    title: str
    columns: tuple[str, ...]
    instead: str


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
    """Everything the desk ships about one venue.

    `marks_events` is false where rows of a liquidation may say nothing of it.
    """

    code: str
    name: str
    marks_events: bool
    layouts: tuple[Layout, ...]
    policies: tuple[PolicyLine, ...]
    fee_schedule: tuple[FeeLine, ...]
    instruments: tuple[InstrumentLine, ...]
    instrument_rules: tuple[InstrumentRule, ...]
    others: tuple[OtherFile, ...]

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
