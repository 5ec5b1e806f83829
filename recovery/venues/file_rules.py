"""The small rules a layout is made of: where things stand and how they are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

ZONE_ASKED = "ask"


@dataclass(frozen=True, slots=True)
class TimeRule:
    """Where the time stands, in which written forms, and in which zone.

    Attributes:
        column: the column, which may be a derived one.
        forms: names of forms, or patterns such as `%d/%m/%Y %H:%M`.
        zone: a zone name, or `ask` when the layout does not say it.
        preamble: the label above the header that states the zone of the file; several
            with a bar between.
        assumed: whether the venue writes other zones too, without saying so in the file.
        usual_order: `day` or `month`, whichever the venue is known to write first,
            where no row tells and nobody says otherwise; empty where people are asked.
    """

    column: str
    forms: tuple[str, ...]
    zone: str
    preamble: str = ""
    assumed: bool = False
    usual_order: str = ""


@dataclass(frozen=True, slots=True)
class AccountRule:
    """Where the account number stands.

    Attributes:
        column: the column that names it, or empty.
        preamble: the label that names it above the header (`UID`), or empty.
        internal: whether that is the venue's internal number, which a given account
            replaces instead of contradicting it.
        wallets: a pattern for column values that name a wallet inside one account
            instead of an account; the account must then be given.
        main_wallet: the wallet that is the account itself.
        wallet_column: a column of its own that names the wallet, or empty.
        wallet_names: other spellings of a wallet, folded, to the one name.
    """

    column: str = ""
    preamble: str = ""
    internal: bool = False
    wallets: str = ""
    main_wallet: str = ""
    wallet_column: str = ""
    wallet_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """What makes a row the same row in a file of another kind.

    Attributes:
        to: `second` or `minute`, as fine as the coarsest file tells the time.
        fields: fields of the row, beside account and time, that all files tell alike.
    """

    to: str
    fields: tuple[str, ...]


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


class Derivation(StrEnum):
    """How a column is made that the file does not have."""

    TEXT = "text"  # `text` on every row.
    STATED = "stated"  # What file name, preamble or sender say about `text`,
    # where none of the columns does.
    JOIN = "join"  # The columns that are not empty, with `text` between.
    FIRST = "first"  # The first column that is not empty.
    KEY = "key"  # The columns with `text` between; empty when the last one is.
    PAIR = "pair"  # Two columns, empty or not, with `text` between.
    MATCH = "match"  # The group of the first pattern that fits, or its `=> text`.
    WORDS = "words"  # The word for the column's text; the text itself without one.
    SUM = "sum"  # The signed terms; those in another unit than the column stay out,
    # where the unit stands behind the number or in the second column.
    SIGNED = "signed"  # The first column, negative where the second says so.
    SCALED = "scaled"  # The first column in the smallest units of the second.
    SAME = "same"  # Whether two columns hold the same text.


@dataclass(frozen=True, slots=True)
class DerivedColumn:
    """A column the file does not have, made from those it has.

    It may be used wherever a column is named, also by derived columns after it.
    """

    name: str
    how: Derivation
    columns: tuple[str, ...] = ()
    text: str = ""
    patterns: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """All columns it is made from."""
        return self.columns + tuple(term.column for term in self.terms)


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """Rows that are left out: the column matches the pattern as a whole."""

    column: str
    pattern: str
    reason: str
