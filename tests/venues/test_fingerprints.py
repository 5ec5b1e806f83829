from datetime import timedelta
from decimal import Decimal

import pytest

from recovery.domain.ledger import EventMarker, LedgerRole, Side
from recovery.venues.fingerprints import DIGEST_BYTES, Ordinals, line_fingerprint
from tests.venues.test_proofs import START, line

LINE = line(1, "5.0", "105", side=Side.BUY, instrument="BTCUSDT", price=Decimal(6))


def test_equal_rows_have_one_fingerprint_wherever_they_stand() -> None:
    same = LINE._replace(row_number=99, amount=Decimal("5.000"), raw_time="x")
    assert line_fingerprint(same) == line_fingerprint(LINE)
    assert len(line_fingerprint(LINE)) == DIGEST_BYTES


@pytest.mark.parametrize(
    "change",
    [
        {"account": "B"},
        {"occurred_at": START + timedelta(days=1)},
        {"asset": "USDC"},
        {"operation": "funding"},
        {"amount": Decimal(-5)},
        {"fee_amount": Decimal(-1)},
        {"instrument": "ETHUSDT"},
        {"side": Side.SELL},
        {"quantity": Decimal(1)},
        {"price": Decimal(7)},
        {"mark_price": Decimal(7)},
        {"position_after": Decimal(7)},
        {"balance_after": None},
        {"order_id": "o"},
        {"event_reference": "e"},
        {"source_id": "s"},
    ],
)
def test_what_tells_rows_apart_changes_the_fingerprint(
    change: dict[str, object],
) -> None:
    assert line_fingerprint(LINE._replace(**change)) != line_fingerprint(LINE)


def test_own_id_of_the_venue_dominates() -> None:
    named = LINE._replace(source_id="R1")
    other = named._replace(
        amount=Decimal(1), role=LedgerRole.FEE, marker=EventMarker.ADL
    )
    assert line_fingerprint(named) == line_fingerprint(other)
    assert line_fingerprint(named) != line_fingerprint(named._replace(account="B"))


def test_neighbouring_fields_do_not_run_together() -> None:
    first = LINE._replace(operation="ab", instrument="c")
    second = LINE._replace(operation="a", instrument="bc")
    assert line_fingerprint(first) != line_fingerprint(second)


def test_equal_rows_of_a_file_are_counted() -> None:
    ordinals = Ordinals()
    assert [ordinals.next(one) for one in (b"a", b"b", b"a", b"a")] == [0, 0, 1, 2]
