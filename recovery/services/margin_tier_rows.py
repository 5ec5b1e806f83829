"""Margin tiers from a file: the rows of one table become one new policy together."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.ledger import ReferenceRow
from recovery.domain.policy_words import TierUnit
from recovery.models import LiquidationPolicy
from recovery.services.actors import Actor
from recovery.services.reference_cells import (
    RowRefusedError,
    Values,
    amount_of,
    day_of,
    needed_text,
    word_of,
)
from recovery.services.rule_changes import policy_change

MARGIN_TIERS = "house-margin-tiers"
_ALIKE = ("tiers", "tier_unit", "terms_reference")  # In all rows of a table.


def tier_tables(rows: Sequence[ReferenceRow]) -> list[Sequence[ReferenceRow]]:
    """Rows of one venue and day together, the earliest day first."""
    tables: dict[tuple[str, str], list[ReferenceRow]] = {}
    for row in rows:
        key = (row.values["valid_from"], row.values["venue"])
        tables.setdefault(key, []).append(row)
    return [tables[key] for key in sorted(tables)]


def margin_tiers_take(actor: Actor, table: Sequence[ReferenceRow]) -> bool:
    """Let a new table of margin tiers begin: the policy in force, with these tiers.

    Every row states how many rows its table has, so that none is missing unnoticed.

    Args:
        actor: Somebody who activates rules.
        table: The rows of one venue and day.

    Returns:
        Whether anything changed; the same table again does not.

    Raises:
        RowRefusedError: A row cannot be read, one is missing, bands overlap or leave a
            gap, or no policy is in force on that day.
        NotReadyError, DutyMissingError: As for any change of a policy.
    """
    first = table[0].values
    venue, start = needed_text(first, "venue"), day_of(first, "valid_from")
    for column in _ALIKE:
        if any(row.values[column] != first[column] for row in table):
            raise RowRefusedError(column, "is not the same in all rows of the table")
    tiers = _tiers(table)
    unit = word_of(first, "tier_unit", TierUnit)
    policy = _policy_on(venue, start)
    maintenance = {**policy.terms.get("maintenance", {})}
    new = {**maintenance, "tiers": tiers, "tier_unit": unit.value}
    if new == maintenance:
        return False
    try:
        policy_change(
            actor,
            venue=venue,
            terms={**policy.terms, "maintenance": new},
            valid_from=start,
            terms_reference=needed_text(first, "terms_reference"),
        )
    except CaseFieldError as error:
        raise RowRefusedError("lower", str(error)) from error
    return True


def _policy_on(venue: str, start: datetime) -> LiquidationPolicy:
    policies = LiquidationPolicy.objects.filter(venue=venue, product="linear")
    found = policies.filter(period__contains=start).first()
    if found is None:
        raise RowRefusedError(
            "venue", "has no liquidation policy on that day: enter one first"
        )
    return found


def _tiers(table: Sequence[ReferenceRow]) -> list[dict[str, Any]]:
    stated = needed_text(table[0].values, "tiers")
    if stated != str(len(table)):
        raise RowRefusedError(
            "tiers", f"says {stated} rows of this venue and day; {len(table)} came"
        )
    bands = sorted((_band(row.values) for row in table), key=lambda one: one[0])
    _held_together(bands)
    return [
        {
            "lower": str(lower),
            **({} if upper is None else {"upper": str(upper)}),
            "rate": str(rate),
            "amount": str(deduction),
        }
        for lower, upper, rate, deduction in bands
    ]


_Band = tuple[Decimal, Decimal | None, Decimal, Decimal]


def _band(said: Values) -> _Band:
    rate = amount_of(said, "rate")
    if not 0 < rate < 1:
        raise RowRefusedError("rate", "is no share between 0 and 1, as 0.005")
    upper = amount_of(said, "upper") if said["upper"] else None
    deduction = amount_of(said, "amount") if said["amount"] else Decimal(0)
    return amount_of(said, "lower"), upper, rate, deduction


def _held_together(bands: Sequence[_Band]) -> None:
    """Each band begins where the one below ends; the first at 0, the last open."""
    ends: Decimal | None = Decimal(0)
    for lower, upper, _, _ in bands:
        if lower != ends:
            raise RowRefusedError(
                "lower", f"the band at {lower} leaves a gap or overlaps the one below"
            )
        ends = upper
    if ends is not None:
        raise RowRefusedError(
            "upper", "the highest band must stay open: leave it empty"
        )
