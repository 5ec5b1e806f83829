"""The platform's next house file: the credits it was told to book, booked."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from recovery.demo.files import write_house
from recovery.demo.house_files import LEDGER_HEADER
from recovery.demo.text import plain


class BookedCredit(NamedTuple):
    """One line of a credit instruction, as the platform carries it out.

    Attributes:
        balance_before: What the account held of the asset before.
    """

    payment_reference: str
    event_reference: str
    account: str
    asset: str
    amount: Decimal
    balance_before: Decimal


def write_next_ledger(
    path: Path, booked: Sequence[BookedCredit], *, at: datetime
) -> None:
    """Write a house ledger file that holds one credit row per instruction line.

    Args:
        path: Where to.
        booked: In the order of booking; several of one account chain by balance.
        at: Aware UTC instant of the bookings.
    """
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    balances: dict[tuple[str, str], Decimal] = {}
    rows = []
    totals: dict[str, Decimal] = {}
    for credit in booked:
        key = (credit.account, credit.asset)
        balance = balances.get(key, credit.balance_before) + credit.amount
        balances[key] = balance
        totals[credit.asset] = totals.get(credit.asset, Decimal(0)) + credit.amount
        rows.append(
            (
                credit.account,
                f"C-{credit.payment_reference}",
                stamp,
                credit.asset,
                plain(credit.amount),
                plain(balance),
                "credit",
                "",
                "",
                "",
                "",
                credit.payment_reference,
                "",
                credit.event_reference,
            )
        )
    write_house(
        path, LEDGER_HEADER, rows, totals, kind="house-ledger", until=f"{at:%FT%TZ}"
    )
