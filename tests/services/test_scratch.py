"""Rows somebody pasted are understood on the spot, and nothing is kept."""

from decimal import Decimal

import pytest

from recovery.demo.house_files import LEDGER_HEADER
from recovery.domain.errors import RecoveryError
from recovery.domain.ledger_sums import Verdict
from recovery.domain.words import BreakReason
from recovery.models import Job, LedgerEntry, SourceFile
from recovery.services.rules import rules_ship
from recovery.services.scratch import SCRATCH_ROWS, ScratchSaid, scratch_read
from tests.story import HouseAccount, short_ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shipped(db: None) -> None:
    rules_ship()


def pasted(account: HouseAccount, *, header: bool = True, sign: str = "\t") -> str:
    rows = [LEDGER_HEADER, *account.rows] if header else account.rows
    return "\n".join(sign.join(row) for row in rows)


def test_a_text_that_is_no_table_is_refused_with_a_remedy() -> None:
    with pytest.raises(RecoveryError, match="column"):
        scratch_read("Where is the rest of my money?", ScratchSaid())


def test_more_rows_than_a_page_takes_are_refused() -> None:
    account = short_ledger("A-1")
    account.rows = account.rows * (SCRATCH_ROWS // len(account.rows) + 1)
    with pytest.raises(RecoveryError, match="rows"):
        scratch_read(pasted(account), ScratchSaid())


def test_a_short_account_is_told_with_its_reason_and_story() -> None:
    found = scratch_read(pasted(short_ledger("A-1")), ScratchSaid())

    (event,) = found.events
    assert event.assessment.variance == Decimal(-5)
    assert event.finding.reason == BreakReason.FEE_VARIANCE
    assert event.sentences[-1].endswith("which is 5 USDT less for you.")
    assert found.records == len(found.lines)


def test_rows_without_a_header_are_known_by_their_shape() -> None:
    account = short_ledger("A-1")

    found = scratch_read(pasted(account, header=False), ScratchSaid())

    assert not found.had_header
    assert found.recognition.venue == "house"
    assert [one.assessment.variance for one in found.events] == [Decimal(-5)]


def test_a_time_copied_as_two_cells_is_one_time() -> None:
    account = short_ledger("A-1")
    split = pasted(account, header=False).replace("T16:", "\t16:")

    found = scratch_read(split, ScratchSaid())

    assert len(found.lines) == len(account.rows)
    assert not found.problems


def test_rows_that_fit_no_layout_are_refused() -> None:
    with pytest.raises(RecoveryError, match="row of names"):
        scratch_read("1\t2\t3\n4\t5\t6\n", ScratchSaid())


def test_the_wallet_is_replayed_against_what_is_stated() -> None:
    account = short_ledger("A-1")
    ends_at = account.balance

    right = scratch_read(pasted(account), ScratchSaid(stated={"USDT": ends_at}))
    wrong = scratch_read(pasted(account), ScratchSaid(stated={"USDT": ends_at + 1}))

    assert right.wallets[0].verdict == Verdict.MATCH
    assert wrong.wallets[0].verdict == Verdict.MISMATCH
    assert wrong.wallets[0].difference == Decimal(1)


def test_a_bad_row_is_named_and_the_others_count() -> None:
    account = short_ledger("A-1")
    text = pasted(account).replace("\t1000\t", "\tabc\t", 1)

    found = scratch_read(text, ScratchSaid())

    assert [problem.row_number for problem in found.problems] == [2]
    assert len(found.lines) == len(account.rows) - 1


def test_an_operation_nobody_mapped_keeps_its_money() -> None:
    account = short_ledger("A-1")
    account.add("voucher", "7")

    found = scratch_read(pasted(account), ScratchSaid())

    assert found.unknown_operations == {"voucher": 1}
    assert any(
        one.operation == "voucher" and one.amount == 7 for one in found.operations
    )


def test_nothing_is_kept() -> None:
    scratch_read(pasted(short_ledger("A-1")), ScratchSaid())

    assert not LedgerEntry.objects.exists()
    assert not SourceFile.objects.exists()
    assert not Job.objects.exists()


UNCLEAR = (
    "time,coin,dir,px,sz,ntl,fee,closedPnl\n"
    "3/4/2026 - 09:10:11,ETH,Close Long,2000,1,2000,0.9,-50.9\n"
)


def test_an_unclear_day_is_read_as_the_venue_writes_it_and_that_is_told() -> None:
    found = scratch_read(UNCLEAR, ScratchSaid(zone="UTC"))

    assert [f"{line.occurred_at:%m-%d}" for line in found.lines] == ["03-04"]
    assert "the month was read first" in found.notes[0]


def test_an_unclear_day_is_read_as_somebody_said() -> None:
    found = scratch_read(UNCLEAR, ScratchSaid(zone="UTC", day_order="day"))

    assert [f"{line.occurred_at:%m-%d}" for line in found.lines] == ["04-03"]
    assert found.notes == []
