"""What the columns of an unknown file probably are: by their names, then by their cells.

Names are those of every layout the desk knows. Everything here is a suggestion that a
person confirms; nothing is read by it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import TypeVar

from recovery.domain.ledger import LedgerRole
from recovery.domain.money import AmountUnreadableError
from recovery.venues.column_mapping import ACCOUNT, TIME
from recovery.venues.file_rules import Derivation, NumberRule
from recovery.venues.header_names import ZONE_PLACE, folded
from recovery.venues.loading import shipped_profiles
from recovery.venues.numbers import number_reader, total
from recovery.venues.operation_rules import folded_operation
from recovery.venues.profile import Layout, LayoutKind, OperationRule, RowOrder
from recovery.venues.time_forms import TimeUnreadableError, form_reader

_Value = TypeVar("_Value")
_ONE_TO_ONE = frozenset(
    {Derivation.FIRST, Derivation.SIGNED, Derivation.SCALED, Derivation.WORDS}
)
_EMPTY = frozenset({"", "-", "--"})
_STYLES = ((".", ""), (".", ","), (",", ""), (",", "."), (",", " "))
_ASSET = re.compile(r"[A-Z][A-Z0-9]{1,9}", re.ASCII)
_SIDES = {"buy": "buy", "long": "buy", "b": "buy", "bid": "buy",
          "sell": "sell", "short": "sell", "s": "sell", "ask": "sell"}  # fmt: skip
_WORDS = re.compile(r"[^\W\d][^\d]{2,60}")
_ASSETS_MAX = 8
_PROOF_ROWS = 3
# Beyond what the layouts name: how other programs head the same columns.
_COMMON = {
    TIME: (
        "date",
        "time",
        "datetime",
        "timestamp",
        "created",
        "created at",
        "date utc",
    ),
    ACCOUNT: ("account", "account id", "user", "user id", "uid", "subaccount"),
    "amount": ("amount", "change", "cash flow", "net amount", "value"),
    "balance_after": ("balance", "balance after", "new balance", "running balance"),
    "asset": ("asset", "currency", "coin", "ccy"),
    "operation": ("type", "operation", "transaction type", "description", "action"),
    "instrument": ("instrument", "symbol", "contract", "market", "pair"),
    "side": ("side", "direction"),
    "quantity": ("quantity", "qty", "size", "contracts", "volume"),
    "price": ("price", "fill price", "trade price", "avg price"),
    "fee": ("fee", "commission", "fees", "trading fee"),
    "order_id": ("order", "order id", "order no"),
    "source_id": ("id", "transaction id", "tx id", "trade id", "reference"),
}


@dataclass(slots=True)
class Suggested:
    """What a file probably says where, and why it is thought so.

    Attributes:
        columns: The desk's field to a column, as in a draft.
        why: For each field in `columns`, the ground in words.
        sides: Words of the side column to buy or sell.
    """

    columns: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    time_form: str = ""
    order: RowOrder = RowOrder.OLDEST_FIRST
    decimal: str = "."
    thousands: str = ""
    sides: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, column: str, why: str) -> None:
        """Assign a column where neither it nor the field is assigned yet."""
        if name not in self.columns and column not in self.columns.values():
            self.columns[name], self.why[name] = column, why


def suggested_columns(
    header: Sequence[str], rows: Sequence[Sequence[str]]
) -> Suggested:
    """Suggest a meaning for the columns of a file.

    Args:
        header: Column names, repeated ones numbered.
        rows: Some of its rows, as they stand.
    """
    found = Suggested()
    cells = {
        name: [row[at].strip() for row in rows if at < len(row)]
        for at, name in enumerate(header)
        if name
    }
    # What the rows prove counts before what a name says.
    _by_balance(found, _by_numbers(found, cells))
    _by_names(found, list(cells))
    _by_times(found, cells)
    _by_words(found, cells)
    return found


def suggested_role(operation: str) -> OperationRule | None:
    """What most known layouts mean by a row type of that name; None where none does."""
    votes = _known_operations().get(folded_operation(operation))
    return max(votes, key=lambda rule: votes[rule]) if votes else None


def known_time_forms() -> tuple[str, ...]:
    """Written forms of times that known layouts use, plain ones first."""
    forms = Counter(form for layout in _ledgers() for form in layout.time.forms)
    return tuple(sorted(forms, key=lambda form: (form.startswith("%"), -forms[form])))


def plain_name(name: str) -> str:
    """A column name without what stands in brackets, letters and digits only."""
    bare = re.sub(r"\([^)]*\)|\[[^\]]*\]|#\d+$", " ", folded(name))
    return " ".join(re.findall(r"\w+", bare.replace("_", " ")))


def _ledgers() -> Iterable[Layout]:
    return (
        layout
        for profile in shipped_profiles()
        for layout in profile.layouts
        if layout.kind is LayoutKind.LEDGER
    )


@cache
def _known_names() -> dict[str, Counter[str]]:
    """For each plain column name, how often it is which field."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for name, others in _COMMON.items():
        for other in others:
            votes[plain_name(other)][name] += 1
    for layout in _ledgers():
        made = {
            one.name: one.columns[0]
            for one in layout.derived
            if one.how in _ONE_TO_ONE and one.columns
        }
        places = {
            **layout.fields,
            TIME: layout.time.column,
            ACCOUNT: layout.account.column,
        }
        for name, column in places.items():
            own = made.get(column, column)
            if own not in layout.columns:
                continue
            for spelt in {own, *layout.aliases.get(own, ())}:
                votes[plain_name(spelt.replace(ZONE_PLACE, ""))][name] += 1
    return votes


@cache
def _known_operations() -> dict[str, Counter[OperationRule]]:
    votes: dict[str, Counter[OperationRule]] = defaultdict(Counter)
    for layout in _ledgers():
        for name, rule in layout.operations.items():
            if rule.role is not LedgerRole.UNKNOWN and not rule.ignored:
                votes[folded_operation(name)][
                    OperationRule(rule.role, rule.marker)
                ] += 1
    return votes


def _by_names(found: Suggested, names: Sequence[str]) -> None:
    votes = [
        (count, sum(known.values()), field_name, name)
        for name in names
        for known in [_known_names().get(plain_name(name), Counter())]
        for field_name, count in known.items()
    ]
    for count, whole, field_name, name in sorted(
        votes, key=lambda one: (-one[0] * 100 // one[1], -one[0])
    ):
        found.take(field_name, name, f"named so in {count} of {whole} known places")


def _by_times(found: Suggested, cells: dict[str, list[str]]) -> None:
    wanted = found.columns.get(TIME)
    for name in [wanted] if wanted else list(cells):
        for form in known_time_forms():
            times = _read_all(_timed(form), cells[name])
            if times:
                found.take(TIME, name, "its cells are times")
                found.time_form = form
                if times[0] > times[-1]:
                    found.order = RowOrder.NEWEST_FIRST
                return


def _timed(form: str) -> Callable[[str], datetime]:
    read = form_reader(form)

    def timed(text: str) -> datetime:
        at = read(text, UTC)
        if at is None:
            raise TimeUnreadableError(text, "is of another form")
        return at

    return timed


def _read_all(
    read: Callable[[str], _Value], texts: Iterable[str]
) -> list[_Value] | None:
    """Every text that is not empty, read; None where one cannot be, or none is there."""
    try:
        values = [read(text) for text in texts if text not in _EMPTY]
    except (AmountUnreadableError, TimeUnreadableError):
        return None
    return values or None


def _by_numbers(
    found: Suggested, cells: dict[str, list[str]]
) -> dict[str, list[Decimal]]:
    """Numbers of the columns that hold nothing else, in the style most of them have."""
    best: dict[str, list[Decimal]] = {}
    for decimal, thousands in _STYLES:
        read = number_reader(NumberRule(thousands=thousands, decimal=decimal))
        numbers = {
            name: values
            for name, texts in cells.items()
            if (values := _read_all(read, texts)) is not None
        }
        if len(numbers) > len(best):
            best, found.decimal, found.thousands = numbers, decimal, thousands
    return best


def _by_balance(found: Suggested, numbers: dict[str, list[Decimal]]) -> None:
    """A column that each row of another one moves is a running balance."""
    for balance, after in numbers.items():
        for amount, moved in numbers.items():
            if (
                amount == balance
                or len(moved) != len(after)
                or len(moved) <= _PROOF_ROWS
            ):
                continue
            order = _moved_order(after, moved)
            if order is not None and any(moved):
                found.take("amount", amount, f"moves {balance} from row to row")
                found.take("balance_after", balance, f"is moved by {amount}")
                found.order = order
                return


def _moved_order(after: list[Decimal], moved: list[Decimal]) -> RowOrder | None:
    pairs = list(pairwise(after))
    if all(
        total(first, step) == second
        for (first, second), step in zip(pairs, moved[1:], strict=True)
    ):
        return RowOrder.OLDEST_FIRST
    if all(
        total(second, step) == first
        for (first, second), step in zip(pairs, moved[:-1], strict=True)
    ):
        return RowOrder.NEWEST_FIRST
    return None


def _by_words(found: Suggested, cells: dict[str, list[str]]) -> None:
    for name, texts in cells.items():
        words = {text for text in texts if text not in _EMPTY}
        if words and all(word.casefold() in _SIDES for word in words):
            found.take("side", name, "its cells are sides")
        elif (
            words
            and len(words) <= _ASSETS_MAX
            and all(_ASSET.fullmatch(word) for word in words)
            and words & _known_assets()
        ):
            found.take("asset", name, "its cells are assets")
    _by_repeats(found, cells)
    if side := found.columns.get("side"):
        found.sides = {
            word: _SIDES[word.casefold()]
            for word in dict.fromkeys(cells[side])
            if word.casefold() in _SIDES
        }


def _by_repeats(found: Suggested, cells: dict[str, list[str]]) -> None:
    """A column of words that every row has and that repeat is the row type."""
    for name, texts in cells.items():
        repeats = len(set(texts)) < len(texts)
        if repeats and all(_WORDS.fullmatch(text) for text in texts):
            found.take("operation", name, "its words repeat on every row")


@cache
def _known_assets() -> frozenset[str]:
    return frozenset(
        asset
        for profile in shipped_profiles()
        for line in profile.instruments
        for asset in (line.base_asset, line.settlement_asset)
    )
