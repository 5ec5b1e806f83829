"""Columns of an unknown file as somebody assigns them, written as a venue's profile.

What comes out is the same data a profile file holds, so that a file read by it goes
the way of every other file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recovery.domain.errors import RecoveryError
from recovery.venues.file_rules import ZONE_ASKED
from recovery.venues.layout_loading import LEDGER_FIELDS, PARTS
from recovery.venues.loading import profile_from_table, shipped_profiles
from recovery.venues.node import ProfileError
from recovery.venues.profile import RowOrder, VenueProfile

TIME, ACCOUNT, SIGN = "time", "account", "sign"
ASSIGNABLE = frozenset({*LEDGER_FIELDS, TIME, ACCOUNT, SIGN})
NOTE = "made by staff, not verified"
GENERATION = "staff-"
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{1,39}", re.ASCII)
_TOLD = {"asset": "asset as told", "operation": "row type as told"}
_SIGNED = "signed amount"


class MappingIncompleteError(RecoveryError):
    """The file cannot be read yet: something it must say is assigned nowhere."""

    code = "mapping_incomplete"

    def __init__(self, lacking: tuple[str, ...]) -> None:
        super().__init__(f"Still to be said: {'; '.join(lacking)}.")
        self.lacking = lacking


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDraft:
    """What somebody says about a file no layout fits.

    Attributes:
        header: Its column names, repeated ones numbered.
        columns: The desk's field to a column; beside the fields of a ledger `time`,
            `account` and `sign`, a column whose words tell the sign of the amount.
        zone: A zone's name, or `ask`.
        told: `asset` and `operation` where no column says them.
        plus, minus: Words of the sign column.
        cost_signs: For fee, funding and liquidation_fee, whether a cost is written
            `positive` or `negative`.
        sides: Words to buy or sell.
        roles: Row types to (ledger role, marker).
    """

    venue: str
    venue_name: str
    code: str
    title: str
    header: tuple[str, ...]
    columns: Mapping[str, str]
    time_form: str = ""
    zone: str = ZONE_ASKED
    order: RowOrder = RowOrder.OLDEST_FIRST
    decimal: str = "."
    thousands: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    cost_signs: Mapping[str, str] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def draft_lacks(draft: ColumnDraft) -> tuple[str, ...]:
    """What must still be said before a row can be read, in words."""
    lacking = []
    if not draft.columns.get(TIME):
        lacking.append("which column is the time")
    elif not draft.time_form:
        lacking.append("how the time is written")
    if not draft.columns.get("amount"):
        lacking.append("which column is the amount")
    for name, words in (("asset", "the asset"), ("operation", "the row type")):
        if not draft.columns.get(name) and not draft.told.get(name):
            lacking.append(f"{words}: a column, or one for all rows")
    if draft.columns.get(SIGN) and not draft.minus:
        lacking.append("which words of the sign column mean less money")
    return tuple(lacking)


def profile_table(draft: ColumnDraft, version: int) -> dict[str, Any]:
    """The profile of a draft, as plain data.

    Raises:
        MappingIncompleteError: Something that is needed is not said.
        ProfileError: What is said is not understood; the key is named.
    """
    if lacking := draft_lacks(draft):
        raise MappingIncompleteError(lacking)
    _check_names(draft)
    table = {
        "venue": {"code": draft.venue, "name": draft.venue_name or draft.venue},
        "operations": {"rows": _operations(draft)},
        "layouts": [_layout(draft, version)],
    }
    profile_from_table("mapping", table)
    return table


def profile_of(table: Mapping[str, Any]) -> VenueProfile:
    """A stored table as a profile.

    Raises:
        ProfileError: It is not understood.
    """
    return profile_from_table("mapping", table)


def _check_names(draft: ColumnDraft) -> None:
    for key, text in (("venue", draft.venue), ("code", draft.code)):
        if not _CODE.fullmatch(text):
            reason = "small letters, digits, - and _, two at least"
            raise ProfileError(key, f"{text!r}: {reason}")
    shipped = (one for one in shipped_profiles() if one.code == draft.venue)
    if any(one.code == draft.code for own in shipped for one in own.layouts):
        raise ProfileError("code", f"{draft.venue} has a layout {draft.code!r} already")


def _operations(draft: ColumnDraft) -> dict[str, dict[str, str]]:
    return {
        name: {"role": role, "marker": marker}
        for name, (role, marker) in draft.roles.items()
        if role
    }


def _layout(draft: ColumnDraft, version: int) -> dict[str, Any]:
    fields = {
        name: column
        for name, column in draft.columns.items()
        if column and name in LEDGER_FIELDS
    }
    derived: list[dict[str, Any]] = [
        {"name": _TOLD[name], "how": "text", "text": text}
        for name, text in draft.told.items()
        if text and name in _TOLD and name not in fields
    ]
    fields |= {name: _TOLD[name] for name in draft.told if name not in fields}
    if sign := draft.columns.get(SIGN):
        derived.append(
            {
                "name": _SIGNED,
                "how": "signed",
                "columns": [fields["amount"], sign],
                "words": dict.fromkeys(draft.plus, "positive")
                | dict.fromkeys(draft.minus, "negative"),
            }
        )
        fields["amount"] = _SIGNED
    used = set(draft.columns.values())
    named = [name for name in draft.header if name]
    return {
        "code": draft.code,
        "generation": f"{GENERATION}{version}",
        "kind": "ledger",
        "order": str(draft.order),
        "title": draft.title,
        "note": NOTE,
        "verified": False,
        "required": [name for name in named if name in used],
        "optional": [name for name in named if name not in used],
        "time": {
            "column": draft.columns[TIME],
            "forms": [draft.time_form],
            "zone": draft.zone,
        },
        "account": {"column": draft.columns.get(ACCOUNT, "")},
        "numbers": {
            "none": ["", "-", "--"],
            "thousands": draft.thousands,
            "decimal": draft.decimal,
        },
        "fields": fields,
        "cost_signs": {
            part: draft.cost_signs.get(part, "negative")
            for part in PARTS
            if part in fields
        },
        "sides": dict(draft.sides),
        "operations": "rows",
        "has_running_balance": "balance_after" in fields,
        "derived": derived,
    }
