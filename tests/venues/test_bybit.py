from datetime import UTC, datetime
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
from recovery.venues.accounts import AccountContradictedError, AccountNeededError
from tests.venues.conftest import Understand
from tests.venues.samples import (
    D0_ROW,
    U1_ROW,
    U2_FUNDING,
    U2_ROW,
    bybit_d0,
    bybit_u1,
    bybit_u2,
)


def one(understand: Understand, text: str, **given: str) -> LedgerLine:
    (line,), interpreter = understand(text, **given)
    assert isinstance(line, LedgerLine)
    assert interpreter.notices.warning_count == 0
    return line


def test_liquidation_of_the_newest_generation(understand: Understand) -> None:
    line = one(understand, bybit_u2(U2_ROW))
    assert (line.account, line.asset, line.instrument) == ("77", "USDT", "XAUTUSDT")
    assert (line.role, line.marker) == (LedgerRole.PNL, EventMarker.LIQUIDATION)
    assert line.amount == Decimal("0.95038")
    assert line.fee_amount == Decimal("-0.08712")
    assert line.principal_amount == Decimal("1.0375")
    assert (line.side, line.quantity) == (Side.SELL, Decimal("0.02"))
    assert line.position_after == Decimal("-14.876")


def test_funding_row_keeps_its_sign_and_has_no_size(understand: Understand) -> None:
    line = one(understand, bybit_u2(U2_FUNDING))
    assert (line.role, line.amount) == (LedgerRole.FUND, Decimal("-0.0043613"))
    assert (line.funding_amount, line.quantity, line.price) == (ZERO, None, None)


def test_settlement_that_also_settles_a_result_is_split(understand: Understand) -> None:
    row = U2_FUNDING.replace("-0.0043613,0,0,-0.0043613", "-1,0,5,4")
    line = one(understand, bybit_u2(row))
    assert (line.role, line.funding_amount) == (LedgerRole.PNL, Decimal(-1))
    assert line.principal_amount == Decimal(5)


@pytest.mark.parametrize(
    ("change", "role"), [("-0.1", LedgerRole.SOLD), ("0.1", LedgerRole.BOUGHT)]
)
def test_spot_legs_are_sold_or_bought(
    understand: Understand, change: str, role: LedgerRole
) -> None:
    row = (
        f"77,BTC,BTCEUR,TRADE,SELL,{change},0,53842,0,0,{change},{change},1,--,"
        "2026-06-05 08:22:50"
    )
    assert one(understand, bybit_u2(row)).role is role


def test_row_without_a_stated_change_is_a_problem(understand: Understand) -> None:
    row = "77,USDT,,TRANSFER_IN,--,--,--,--,--,--,--,--,297,--,2026-04-15 11:26:47"
    (problem,), _ = understand(bybit_u2(row))
    assert isinstance(problem, RowProblem)
    assert (problem.column, problem.value) == ("Change", "--")


def test_unknown_row_type_keeps_its_money(understand: Understand) -> None:
    (line,), interpreter = understand(bybit_u2(U2_ROW.replace("LIQUIDATION", "--")))
    assert isinstance(line, LedgerLine)
    assert (line.role, line.amount) == (LedgerRole.UNKNOWN, Decimal("0.95038"))
    assert dict(interpreter.notices.unknown_operations) == {"--": 1}


def test_identity_of_the_row_is_checked_exactly(understand: Understand) -> None:
    _, interpreter = understand(bybit_u2(U2_ROW.replace("0.95038", "0.95039")))
    assert interpreter.notices.warnings[0].gap == Decimal("0.00001")


def test_rows_of_two_customers_are_told_apart(understand: Understand) -> None:
    lines, _ = understand(bybit_u2(U2_ROW, U2_ROW.replace("77,", "78,", 1)))
    assert [getattr(line, "account", "") for line in lines] == ["77", "78"]


def test_older_generation_needs_the_account(understand: Understand) -> None:
    with pytest.raises(AccountNeededError, match="whose account"):
        understand(bybit_u1(U1_ROW))
    line = one(understand, bybit_u1(U1_ROW), account="9")
    assert (line.account, line.order_id) == ("9", "o1")
    assert line.occurred_at == datetime(2026, 7, 1, 10, 0, 0, 250000, UTC)


def test_account_above_the_header_is_taken(understand: Understand) -> None:
    text = bybit_u1(U1_ROW, preamble="UID: 55,Company Name: ,Country: ")
    assert one(understand, text).account == "55"
    assert one(understand, text, account="55").account == "55"
    with pytest.raises(AccountContradictedError):
        understand(text, account="56")


def test_preamble_without_an_account_does_not_help(understand: Understand) -> None:
    with pytest.raises(AccountNeededError):
        understand(bybit_u1(U1_ROW, preamble="Exported,by: me"))


def test_oldest_generation_writes_costs_with_the_other_sign(
    understand: Understand,
) -> None:
    line = one(understand, bybit_d0(D0_ROW), account="9")
    assert line.fee_amount == Decimal("-0.15")
    assert line.funding_amount == Decimal("-0.1")
    assert line.principal_amount == Decimal("9.43")
    assert (line.side, line.marker) == (Side.SELL, EventMarker.LIQUIDATION)
