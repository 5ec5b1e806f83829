from decimal import Decimal

import pytest

from recovery.domain.ledger import (
    ZERO,
    EventMarker,
    LedgerLine,
    LedgerRole,
    RowProblem,
    Side,
)
from recovery.venues.accounts import AccountNeededError
from recovery.venues.outcomes import WARNINGS_KEPT, RowWarning
from tests.venues.conftest import Understand
from tests.venues.samples import KRAKEN_CASH, KRAKEN_LEG, kraken, kraken_old


def one(understand: Understand, text: str, account: str = "K1") -> LedgerLine:
    (line,), _ = understand(text, account=account)
    assert isinstance(line, LedgerLine)
    return line


def test_cash_leg_holds_the_money(understand: Understand) -> None:
    line = one(understand, kraken(KRAKEN_CASH))
    assert (line.account, line.asset, line.instrument) == ("K1", "USD", "PF_XBTUSD")
    assert (line.role, line.marker) == (LedgerRole.PNL, EventMarker.LIQUIDATION)
    assert line.amount == Decimal("-10.9843")
    assert line.fee_amount == Decimal("-0.6403")
    assert line.funding_amount == Decimal("-0.0002")
    assert line.principal_amount == Decimal("-10.3438")
    assert line.balance_after == Decimal("989.0157")
    assert line.source_id == "u4"


def test_position_leg_holds_contracts_and_no_money(understand: Understand) -> None:
    line = one(understand, kraken(KRAKEN_LEG))
    assert (line.role, line.amount, line.asset) == (LedgerRole.INFO, ZERO, "")
    assert (line.side, line.quantity) == (Side.SELL, Decimal("0.5"))
    assert (line.position_after, line.balance_after) == (ZERO, None)
    assert line.marker is EventMarker.LIQUIDATION
    assert line.entry_price == Decimal(60100)
    assert line.mark_price == Decimal(60001)


@pytest.mark.parametrize(
    ("change", "side"), [("0.5", Side.BUY), ("-0.5", Side.SELL), ("0", Side.NONE)]
)
def test_side_of_a_position_leg_is_its_sign(
    understand: Understand, change: str, side: Side
) -> None:
    assert one(understand, kraken(KRAKEN_LEG.replace("-0.5", change))).side is side


def test_unreadable_position_change_is_a_row_problem(understand: Understand) -> None:
    (problem,), _ = understand(kraken(KRAKEN_LEG.replace("-0.5", "?")), account="K1")
    assert isinstance(problem, RowProblem)
    assert problem.column == "change"


@pytest.mark.parametrize(
    ("operation", "role", "marker"),
    [
        ("futures trade", "PNL", ""),
        ("futures partial liquidation", "PNL", "reduction"),
        ("futures assignor", "PNL", "liquidation"),
        ("futures assignee", "PNL", "counterparty"),
        ("futures unwind bankrupt", "PNL", "liquidation"),
        ("futures unwind counterparty", "ADL", "adl"),
        ("covered liquidation", "CONV", "liquidation"),
        ("transfer", "XFER", ""),
        ("interest payment", "INT", ""),
        ("kfee applied", "FEE", ""),
        ("brand new thing", "UNKNOWN", ""),
    ],
)
def test_row_types_and_their_markers(
    understand: Understand, operation: str, role: str, marker: str
) -> None:
    text = kraken(KRAKEN_CASH.replace("futures liquidation", operation))
    line = one(understand, text)
    assert (line.role, line.marker) == (role, marker)
    assert line.amount == Decimal("-10.9843")


def test_funding_row_is_funding_as_a_whole(understand: Understand) -> None:
    row = (
        "u9,2026-06-06 16:00:00,flex,funding rate change,usd,pf_xbtusd,-0.5,988.5,,,"
        "60001,0.001,,,-0.5,usd,,,"
    )
    line = one(understand, kraken(row))
    assert (line.role, line.funding_amount) == (LedgerRole.FUND, ZERO)
    assert line.principal_amount == Decimal("-0.5")


def test_liquidation_fee_is_a_cost_of_its_own(understand: Understand) -> None:
    row = KRAKEN_CASH.replace("-10.9843", "-11.9843").replace("usd,,,", "usd,,1.0,")
    (line,), interpreter = understand(kraken(row), account="K1")
    assert isinstance(line, LedgerLine)
    assert line.liquidation_fee_amount == Decimal(-1)
    assert interpreter.notices.warning_count == 0


def test_row_that_contradicts_itself_is_kept_and_named(understand: Understand) -> None:
    rows = [KRAKEN_CASH.replace("-10.9843", "-10.9")] * (WARNINGS_KEPT + 1)
    lines, interpreter = understand(kraken(*rows), account="K1")
    assert isinstance(lines[0], LedgerLine)
    assert lines[0].amount == Decimal("-10.9")
    check = "change = realized pnl - fee + realized funding - liquidation fee"
    warnings = interpreter.notices.warnings
    assert warnings[0] == RowWarning(2, check, Decimal("0.0843"))
    assert len(warnings) == WARNINGS_KEPT
    assert interpreter.notices.warning_count == WARNINGS_KEPT + 1


def test_transfer_is_not_asked_for_an_identity(understand: Understand) -> None:
    row = "u1,2026-06-06 11:07:02,flex,transfer,usd,,1000,1000,,,,,,,,,,,"
    (line,), interpreter = understand(kraken(row), account="K1")
    assert isinstance(line, LedgerLine)
    assert (line.role, line.instrument) == (LedgerRole.XFER, "")
    assert interpreter.notices.warning_count == 0


def test_fee_paid_in_fee_credits_is_a_fee(understand: Understand) -> None:
    row = "u1,2026-06-06 11:07:02,flex,kfee applied,fee,,-5,95,,,,,,,,,,,"
    line = one(understand, kraken(row))
    assert (line.role, line.asset, line.amount) == (LedgerRole.FEE, "FEE", Decimal(-5))


def test_main_wallet_needs_the_account(understand: Understand) -> None:
    with pytest.raises(AccountNeededError):
        understand(kraken(KRAKEN_CASH))


def test_account_column_of_a_house_export_is_the_account(
    understand: Understand,
) -> None:
    line = one(understand, kraken(KRAKEN_CASH.replace("flex", "KF-7")), account="")
    assert line.account == "KF-7"


def test_old_generation_tells_position_legs_by_their_symbol(
    understand: Understand,
) -> None:
    leg = (
        "u3,2019-06-06 12:07:02,f-eth:usd,futures trade,pi_ethusd,100,100,180,180,180,"
        ",,,,"
    )
    cash = (
        "u4,2019-06-06 12:07:02,f-eth:usd,futures trade,eth,-0.0004,9.9996,,180,180,,"
        "0,0.0004,0,"
    )
    lines, interpreter = understand(kraken_old(leg, cash), account="K1")
    assert interpreter.recognition.layout.generation == "symbol"
    first, second = lines
    assert isinstance(first, LedgerLine)
    assert isinstance(second, LedgerLine)
    assert (first.role, first.instrument) == (LedgerRole.INFO, "PI_ETHUSD")
    assert (second.asset, second.fee_amount) == ("ETH", Decimal("-0.0004"))
    assert first.account == "K1/f-eth:usd"
    assert interpreter.notices.warning_count == 0
