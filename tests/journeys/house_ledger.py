"""House ledger files written by hand, with the figures that must come out of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

ACCOUNT = "RD-990001"
EVENT_ID = "EV-20261018-90001"
MAIL = "nora@example.org"
INSTRUMENT = "BTCUSDT"
_HEADER = (
    "account,row_id,time_utc,asset,amount,balance_after,type,instrument,side,"
    "quantity,price,order_id,position_after,event_id"
)
_TAKER = Decimal("0.0005")
_OVERCHARGED = Decimal("0.001")  # Twice the taker rate of the tier `base`.
_LIQUIDATION_FEE = Decimal("0.005")

CUSTOMERS = f"""\
#recovery-desk,house-customers,1
uid,full_name,mail,client_class,language,jurisdiction
U-990001,Nora Lund,{MAIL},retail,en,DK
#manifest,rows=1
"""
ACCOUNTS = f"""\
#recovery-desk,house-accounts,1
venue,account,uid
house,{ACCOUNT},U-990001
#manifest,rows=1
"""
MEMBERSHIPS = f"""\
#recovery-desk,house-fee-tiers,1
venue,account,tier,valid_from,valid_to
house,{ACCOUNT},base,2026-01-01,
#manifest,rows=1
"""


class Row(NamedTuple):
    """One cash effect: when, how much, what, and the fill it belongs to."""

    time: str
    amount: Decimal
    kind: str
    fill: str = ",,,,,"  # Instrument, side, quantity, price, order, position after.
    event_id: str = ""


class Fill(NamedTuple):
    """Size at a price, in base units."""

    quantity: Decimal
    price: Decimal

    @property
    def notional(self) -> Decimal:
        return self.quantity * self.price


OPENED = (
    Fill(Decimal("0.3"), Decimal(60000)),
    Fill(Decimal("0.2"), Decimal(60000)),
)
CLOSED = (
    Fill(Decimal("0.2"), Decimal(58520)),
    Fill(Decimal("0.3"), Decimal(58500)),
)
ENTRY = Decimal(60000)
FUNDING = -Decimal("0.5") * Decimal(60100) * Decimal("0.0001")
OVERCHARGE = sum(
    (fill.notional * (_OVERCHARGED - _TAKER) for fill in CLOSED), Decimal()
)


def nora_rows() -> list[Row]:
    """Deposit, a long of 0.5 BTC, funding, and its liquidation in two fills."""
    rows = [
        Row("2026-10-18T08:00:00.000Z", Decimal(800), "deposit"),
        Row("2026-10-18T08:05:00.000Z", Decimal(200), "transfer_in"),
    ]
    held = Decimal()
    for number, fill in enumerate(OPENED, start=1):
        held += fill.quantity
        told = f"{INSTRUMENT},buy,{fill.quantity},{fill.price},O-9901{number},{held}"
        at = f"2026-10-18T09:0{number}:00.000Z"
        rows.append(Row(at, Decimal(), "trade", told))
        rows.append(Row(at, -fill.notional * _TAKER, "trading_fee", told))
    told = f"{INSTRUMENT},,{held},60100,,"
    rows.append(Row("2026-10-18T16:00:00.000Z", FUNDING, "funding", told))
    for number, fill in enumerate(CLOSED, start=1):
        held -= fill.quantity
        told = f"{INSTRUMENT},sell,{fill.quantity},{fill.price},O-9902{number},{held}"
        at = f"2026-10-18T19:30:0{number}.250Z"
        profit = (fill.price - ENTRY) * fill.quantity
        fees = {
            "liquidation": profit,
            "trading_fee": -fill.notional * _OVERCHARGED,
            "liquidation_fee": -fill.notional * _LIQUIDATION_FEE,
        }
        rows += [Row(at, amount, kind, told, EVENT_ID) for kind, amount in fees.items()]
    return rows


RECEIVED = sum((row.amount for row in nora_rows()), Decimal())
EXPECTED = RECEIVED + OVERCHARGE


def plain(amount: Decimal) -> str:
    """Digits as people write them: no exponent, no zeros at the end."""
    return format(amount.normalize() + 0, "f")


def nora_ledger(path: Path) -> Path:
    """Write Nora's account as one house ledger file."""
    rows = nora_rows()
    balances = accumulate(row.amount for row in rows)
    lines = [
        f"{ACCOUNT},HL98{number:05d},{row.time},USDT,{plain(row.amount)},"
        f"{plain(balance)},{row.kind},{row.fill},{row.event_id}"
        for number, (row, balance) in enumerate(zip(rows, balances, strict=True))
    ]
    return _write(path, lines, RECEIVED)


def many_deposits(path: Path, count: int, accounts: int = 200) -> Path:
    """Write a long ledger of deposits: several chunks of an import."""
    return _write(path, list(_deposits(count, accounts)), Decimal(count))


def _deposits(count: int, accounts: int) -> Iterator[str]:
    begin = datetime(2026, 10, 19, tzinfo=UTC)
    for number in range(count):
        at = f"{begin + timedelta(seconds=number):%Y-%m-%dT%H:%M:%S}.000Z"
        account = f"RD-97{number % accounts:04d}"
        balance = number // accounts + 1
        yield f"{account},HM{number:08d},{at},USDT,1,{balance},deposit,,,,,,,"


def _write(path: Path, lines: Sequence[str], total: Decimal) -> Path:
    whole: Iterable[str] = (
        "#recovery-desk,house-ledger,1,complete_until=2026-10-20T00:00:00Z",
        _HEADER,
        *lines,
        f"#manifest,rows={len(lines)},sum:USDT={plain(total)}",
    )
    path.write_text("\n".join(whole) + "\n", encoding="utf-8")
    return path
