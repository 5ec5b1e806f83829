"""Row types nobody knows on a page: their list, their rows, what a meaning changes."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString

from recovery.admin.import_knowledge import layout_words
from recovery.admin.pages import Block, Fact, Page, heads, table_block
from recovery.admin.role_words import ROLE_WORDS, TAKEN_BACK
from recovery.admin.show import (
    amount_cell,
    amount_text,
    counted,
    flow_word,
    link,
    moment,
    moment_cell,
    two_lines,
    variance_text,
    words,
)
from recovery.domain.ledger import LedgerRole
from recovery.models import LedgerEntry, MappingStatus, OperationMapping
from recovery.selectors.operation_mappings import (
    UnknownOperation,
    entries_of_operation,
)
from recovery.venues.loading import venue_name
from recovery.venues.operation_meanings import OperationKey

_SAMPLE = 20


def operation_url(key: OperationKey) -> str:
    """The page of a row type."""
    url = reverse("admin:recovery_operationmapping_one", args=[key.venue, key.layout])
    return f"{url}?{urlencode({'operation': key.operation})}"


def meaning_text(mapping: OperationMapping) -> str:
    """Role and marker in words."""
    role = LedgerRole(mapping.role)
    text = TAKEN_BACK if role is LedgerRole.UNKNOWN else f"{role}: {ROLE_WORDS[role]}"
    return f"{text}, {words(mapping.marker).lower()}" if mapping.marker else text


def latest_mappings() -> dict[OperationKey, OperationMapping]:
    """The last word on each row type, of what is approved or waits."""
    spoken = (MappingStatus.APPROVED, MappingStatus.PROPOSED)
    rows = OperationMapping.objects.filter(status__in=spoken).order_by("version")
    return {OperationKey(one.venue, one.layout, one.operation): one for one in rows}


def unknown_row(
    one: UnknownOperation, mapping: OperationMapping | None
) -> tuple[Any, ...]:
    """One row type in the list."""
    said: SafeString | str = "nobody said yet"
    if mapping is not None:
        url = reverse("admin:recovery_operationmapping_change", args=[mapping.pk])
        role = ROLE_WORDS[LedgerRole(mapping.role)]
        said = link(url, f"{role} v{mapping.version}, {mapping.status}")
    return (
        two_lines(
            link(operation_url(one.key), one.names[0]),
            _whose(one),
        ),
        f"{one.rows:,}",
        f"{one.accounts:,}",
        _money_text(one),
        two_lines(moment(one.first_at), moment(one.last_at)),
        said,
    )


def _whose(one: UnknownOperation) -> str:
    return f"{venue_name(one.key.venue)}: {layout_words(one.key.venue, one.key.layout)}"


def _money_text(one: UnknownOperation) -> str:
    sums = [
        f"{amount_text(abs(money.amount), money.asset)} {flow_word(money.amount)}"
        for money in one.money
    ]
    return ", ".join(sums) or "—"


def unknown_block(rows: list[tuple[Any, ...]]) -> Block:
    """The list of row types nobody knows."""
    columns = heads(
        "Row type",
        "#Rows",
        "#Accounts",
        "#Money",
        "First and last",
        "Said by staff",
    )
    return table_block(
        "By row type", columns, rows, empty="Every row type that came in is known."
    )


def one_page(one: UnknownOperation) -> Page:
    """The page of one row type."""
    return Page(
        title=f"“{one.names[0]}”",
        kind=f"Row type of {_whose(one)}",
        headline=f"{counted(one.rows, 'row')} in {counted(one.accounts, 'account')}: "
        f"{_money_text(one)}.",
        facts=[
            Fact("Written as", ", ".join(f"“{name}”" for name in one.names)),
            Fact("First seen", moment(one.first_at)),
            Fact("Last seen", moment(one.last_at)),
        ],
        blocks=[sample_block(one.key)],
    )


def sample_block(key: OperationKey) -> Block:
    """The first rows of a row type."""
    entries = entries_of_operation(key).select_related("source_file", "account")
    rows = [_sample_row(one) for one in entries.order_by("occurred_at", "pk")[:_SAMPLE]]
    columns = heads(
        "When", "Account", "Instrument", "Side", "#Quantity", "#Amount", "Order", "Row"
    )
    return table_block("The first of its rows", columns, rows)


def _sample_row(entry: LedgerEntry) -> tuple[Any, ...]:
    url = reverse("admin:recovery_ledgerentry_change", args=[entry.pk])
    return (
        moment_cell(entry.occurred_at),
        str(entry.account),
        entry.instrument or "—",
        entry.side or "—",
        amount_cell(entry.quantity),
        amount_cell(entry.amount, entry.asset, flow_word(entry.amount)),
        entry.order_id or "—",
        link(url, f"{entry.source_file} row {entry.row_number}"),
    )


def shadow_block(shadow: dict[str, Any]) -> Block:
    """What a mapping would change, as computed when it was proposed."""
    rows: list[tuple[Any, Any]] = [
        ("Rows of this type", f"{shadow['rows']:,}"),
        ("Accounts they stand in", f"{shadow['accounts']:,}"),
        ("Events that would be found newly", f"{shadow['new']:,}"),
        ("Events that would be found no more", f"{shadow['gone']:,}"),
        ("Events whose result would change", f"{shadow['changed']:,}"),
        ("Open cases about them", _cases_text(shadow)),
    ]
    rows += [
        (f"From {words(before)} to {words(after)}", counted(count, "event"))
        for before, after, count in shadow["reasons"]
    ]
    rows += [
        (
            f"Sum of their variances in {asset}",
            " becomes ".join(variance_text(Decimal(one), asset) for one in sums),
        )
        for asset, sums in shadow["money"].items()
    ]
    left = shadow["accounts"] - shadow["accounts_computed"]
    return table_block(
        "What it would change",
        heads("What", "How much"),
        rows,
        note=f"{counted(left, 'account')} more were counted and not computed."
        if left
        else "Every account was computed without it and with it; nothing was written.",
    )


def _cases_text(shadow: dict[str, Any]) -> str:
    named = ", ".join(shadow["cases"])
    return f"{shadow['case_count']:,}" + (f": {named}" if named else "")
