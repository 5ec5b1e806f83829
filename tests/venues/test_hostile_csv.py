"""Hostile text files: each line of the catalogue, with the outcome it asks for."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import LedgerLine, RowProblem
from recovery.sheets.open_source import open_source
from recovery.sheets.records import Limits
from recovery.venues.interpretation import Interpreter
from recovery.venues.outcomes import Outcome
from recovery.venues.proofs import balance_gaps, in_time_order
from recovery.venues.recognition import recognise
from tests.venues.reports import identities

NAMES = [
    "account", "row_id", "time_utc", "asset", "amount", "balance_after", "type",
    "instrument", "side", "quantity", "price", "order_id", "position_after", "event_id",
]  # fmt: skip
HEADER = ",".join(NAMES)
CELLS = {
    "account": "A1", "row_id": "R1", "time_utc": "2026-03-01T10:00:00.000Z",
    "asset": "USDT", "amount": "-1.5", "balance_after": "98.5", "type": "trade",
    "instrument": "BTCUSDT", "side": "sell", "quantity": "0.1", "price": "60000",
    "order_id": "O1", "position_after": "0", "event_id": "",
}  # fmt: skip


def line(**cells: str) -> str:
    return ",".join({**CELLS, **cells}[name] for name in NAMES) + "\n"


def with_rows(*rows: str) -> str:
    return HEADER + "\n" + "".join(rows)


GOOD = line()
SECOND = line(row_id="R2", balance_after="97")


@dataclass
class Tried:
    """What came of a file: refused with a code, or read."""

    refused: str = ""
    words: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    interpreter: Interpreter | None = None

    @property
    def lines(self) -> list[LedgerLine]:
        return [one for one in self.outcomes if isinstance(one, LedgerLine)]

    @property
    def problems(self) -> list[RowProblem]:
        return [one for one in self.outcomes if isinstance(one, RowProblem)]


Try = Callable[..., Tried]


@pytest.fixture
def tried(tmp_path: Path) -> Try:
    def run(
        content: str | bytes, *, limits: Limits | None = None, **given: str
    ) -> Tried:
        path = tmp_path / "upload.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        try:
            source = open_source(path, limits=limits or Limits())
            interpreter = Interpreter(recognise(source), **given)
            outcomes = list(interpreter.interpret_all(source.records()))
        except RecoveryError as refusal:
            return Tried(refused=refusal.code, words=str(refusal))
        return Tried(outcomes=outcomes, interpreter=interpreter)

    return run


# --- REFUSE -------------------------------------------------------------------------

REFUSED = {
    "C01 empty": (b"", "empty", "empty"),
    "C03 blank lines and separators": (b"\n,,,\n,,\n\n", "no_rows", "blank"),
    "C04 no header": (GOOD.encode(), "unknown_layout", "2026-03-01"),
    "C07 required column missing": (
        with_rows(GOOD).replace("balance_after", "x").encode(),
        "column_missing",
        "balance_after",
    ),
    "C08 column named twice": (
        with_rows(GOOD).replace("event_id", "asset").encode(),
        "column_twice",
        "asset",
    ),
    "C11 Windows-1252 bytes": (
        with_rows(line(order_id="caf\xe9")).encode("cp1252"),
        "encoding",
        "Byte ",
    ),
    "C12 overlong": (with_rows(GOOD).encode() + b"\xc0\xaf" * 9, "encoding", "Byte "),
    "C12 surrogate": (with_rows(GOOD).encode() + b"\xed\xa0\x80", "encoding", "Byte "),
    "C19 unterminated quote": (
        with_rows(line(order_id='"O1'), *[SECOND] * 9000).encode(),
        "malformed_row",
        "Line 2 ",
    ),
    "C20 quote inside a field": (
        with_rows(GOOD, line(order_id='O"1"x')).encode(),
        "malformed_row",
        "Line 3 ",
    ),
    "C25 field of 200,000 characters": (
        with_rows(GOOD, line(order_id="x" * 200_000)).encode(),
        "malformed_row",
        "Line 3 ",
    ),
    "C59 HTML": (b"<html><body>", "foreign_content", "HTML"),
    "C59 PDF": (b"%PDF-1.7\n", "foreign_content", "PDF"),
    "C59 PNG": (b"\x89PNG\r\n\x1a\n", "foreign_content", "picture"),
    "C59 archive": (b"PK\x03\x04" + b"\0" * 90, "unsafe_workbook", "container"),
    "C59 program": (b"MZ\x90\0", "foreign_content", "program"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_file_is_refused_with_the_reason(tried: Try, case: str) -> None:
    content, code, words = REFUSED[case]
    found = tried(content)
    assert found.refused == code
    assert words in found.words or code == "unsafe_workbook"
    assert tried(with_rows(GOOD)).lines, "the next good file is read"


@pytest.mark.parametrize(
    ("limits", "content", "code"),
    [
        (Limits(line_bytes=2000), with_rows(GOOD) + "x" * 5000, "line_too_long"),  # C26
        (Limits(rows=3), with_rows(*[GOOD] * 4), "too_many_rows"),  # C27
        (Limits(file_bytes=len(with_rows(GOOD)) - 1), with_rows(GOOD), "too_large"),
    ],
)
def test_limits_refuse(tried: Try, limits: Limits, content: str, code: str) -> None:
    assert tried(content, limits=limits).refused == code


def test_c58_file_of_exactly_the_limit_is_read(tried: Try) -> None:
    limits = Limits(file_bytes=len(with_rows(GOOD)))
    assert len(tried(with_rows(GOOD), limits=limits).lines) == 1


def test_c28_ten_thousand_columns_are_refused(tried: Try) -> None:
    header = ",".join(f"column{n}" for n in range(10_000))
    assert tried(f"{header}\n{'1,' * 9999}1\n").refused in (
        "unknown_layout",
        "too_many_columns",
    )


# --- ROW ----------------------------------------------------------------------------

AMOUNTS = {
    "C29": ["NaN", "sNaN", "Infinity", "-inf", "#N/A", "null", "-", ""],
    "C30": ["1e1000000", "1e-1000000", "1e999"],
    "C31": ["0.1234567890123456789"],
    "C32": ["1" * 60],
    "C33": ["1_000", "１２", "\u0661\u0662", "XII"],
    "C34": ["\u22125", "5-", "(5)", "$5", "1\u202f000"],
    "C36": ["=1+1", "+1+cmd|' /C calc'!A0", "@SUM(1)"],
    "TRUE": ["TRUE"],
}


@pytest.mark.parametrize(
    ("case", "amount"),
    [(case, amount) for case, amounts in AMOUNTS.items() for amount in amounts],
)
def test_amount_that_is_none_is_a_row_problem(
    tried: Try, case: str, amount: str
) -> None:
    found = tried(with_rows(GOOD, line(row_id="R9", amount=amount), SECOND))
    assert [(one.row_number, one.column) for one in found.problems] == [(3, "amount")]
    assert found.problems[0].reason
    assert len(found.lines) == 2


@pytest.mark.parametrize("amount", ['"1.234,56"', '"1,234"'])
def test_c17_c18_style_is_never_guessed(tried: Try, amount: str) -> None:
    (problem,) = tried(with_rows(line(amount=amount))).problems
    assert (problem.column, problem.value) == ("amount", amount.strip('"'))


@pytest.mark.parametrize(
    ("case", "cells", "column"),
    [
        ("C13 NUL", {"order_id": "a\0b"}, "order_id"),
        ("C44 no day", {"time_utc": "2026-02-30T00:00:00Z"}, "time_utc"),
        ("C44 no month", {"time_utc": "31/04/2026"}, "time_utc"),
        ("C44 zeros", {"time_utc": "0000-00-00T00:00:00Z"}, "time_utc"),
        ("C45 undeclared order", {"time_utc": "03/04/2026"}, "time_utc"),
        ("C47 before any venue", {"time_utc": "1999-01-01T00:00:00Z"}, "time_utc"),
        ("C48 exponent seconds", {"time_utc": "1.77E9"}, "time_utc"),
        ("C49 look-alike", {"asset": "USD\u0422"}, "asset"),
        ("C49 nothing", {"asset": ""}, "asset"),
    ],
)
def test_cell_that_cannot_be_read_is_a_row_problem(
    tried: Try, case: str, cells: dict[str, str], column: str
) -> None:
    found = tried(with_rows(GOOD, line(row_id="R9", **cells), SECOND))
    assert [(one.row_number, one.column) for one in found.problems] == [(3, column)]
    assert len(found.lines) == 2


def test_c49_look_alike_letter_is_named(tried: Try) -> None:
    (problem,) = tried(with_rows(line(asset="USD\u0422"))).problems
    assert "\\u0422" in problem.reason


@pytest.mark.parametrize("row", [GOOD.replace(",sell", ""), GOOD.replace("\n", ",x\n")])
def test_c23_c24_row_of_another_length_is_a_row_problem(tried: Try, row: str) -> None:
    found = tried(with_rows(GOOD, row, SECOND))
    assert [one.row_number for one in found.problems] == [3]
    assert len(found.lines) == 2


# --- accepted -----------------------------------------------------------------------

HARMLESS = {
    "C14 control characters": "a\x01b\x1f",
    "C15 direction marks": "a\u202eb\u200bc",
    "C37 formula": "=HYPERLINK(1)",
    "C38 exchange of data": "=cmd|'/C calc'!A0",
    "C39 tab and full-width": "\t=1",
    "C40 script": "<script>alert(1)</script>{{x}}",
    "C41 statement": "'; DROP TABLE x;-- 100%_",
    "C42 path": "../../etc/passwd",
    "C43 log line": "x 2026-01-01 ERROR fake",
}


@pytest.mark.parametrize("case", HARMLESS)
def test_text_is_kept_as_plain_text(tried: Try, case: str) -> None:
    text = HARMLESS[case]
    (found,) = tried(with_rows(line(order_id=text.replace(",", "")))).lines
    assert found.order_id == text.strip()


def test_c02_header_alone_gives_no_rows(tried: Try) -> None:
    found = tried(HEADER + "\n")
    assert (found.refused, found.outcomes) == ("", [])


def test_c05_columns_are_found_by_name(tried: Try) -> None:
    swapped = with_rows(GOOD).replace("side,quantity", "quantity,side")
    (found,) = tried(swapped.replace("sell,0.1", "0.1,sell")).lines
    assert (found.side, found.quantity) == ("sell", Decimal("0.1"))


def test_c06_extra_column_is_named(tried: Try) -> None:
    text = HEADER + ",mood\n" + GOOD.replace("\n", ",fine\n")
    found = tried(text)
    assert len(found.lines) == 1
    assert found.interpreter is not None
    assert found.interpreter.recognition.unknown == ("mood",)


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + with_rows(GOOD).encode(),  # C09
        with_rows(GOOD).encode("utf-16"),  # C10
        with_rows(GOOD).replace(",", ";").encode(),  # C16
        with_rows(GOOD).replace(",", "\t").encode(),
        with_rows(GOOD).replace(",", "|").encode(),
        with_rows(GOOD).replace("\n", "\r").encode(),  # C22
        with_rows(GOOD).replace("\n", "\r\n").encode(),
        (HEADER + "\r\n" + GOOD).encode(),
        with_rows(GOOD).replace(HEADER, HEADER + "\n").encode(),  # C57, a blank line
    ],
)
def test_same_rows_in_other_clothes(tried: Try, data: bytes) -> None:
    assert identities(tried(data).outcomes) == identities(
        tried(with_rows(GOOD)).outcomes
    )


def test_c21_numbers_stay_right_after_a_line_break_in_a_cell(tried: Try) -> None:
    found = tried(with_rows(line(order_id='"a\nb"'), line(amount="x")))
    assert [one.row_number for one in found.lines] == [2]
    assert [one.row_number for one in found.problems] == [4]


@pytest.mark.parametrize("amount", ["-0", "0E-18", "-0.0"])
def test_c35_zero_is_zero(tried: Try, amount: str) -> None:
    (found,) = tried(with_rows(line(amount=amount))).lines
    assert str(found.amount) == "0"


def test_c46_zone_that_nobody_states_is_asked_for(tried: Try) -> None:
    text = (
        "transactTime,transactType,amount,fee,address,transactStatus,walletBalance\n"
        '"13/01/2026, 10:00:00",Deposit,1,0,,Completed,1\n'
    )
    assert tried(text, account="7").refused == "zone_needed"
    assert len(tried(text, account="7", zone="UTC").lines) == 1


def test_c50_unknown_word_keeps_its_money_and_is_counted(tried: Try) -> None:
    found = tried(with_rows(line(type="teleport")))
    assert found.lines[0].role == "UNKNOWN"
    assert found.interpreter is not None
    assert dict(found.interpreter.notices.unknown_operations) == {"teleport": 1}


def test_c51_same_row_twice_is_one(tried: Try) -> None:
    assert len(identities(tried(with_rows(GOOD, GOOD)).outcomes)) == 1


def test_c53_order_of_rows_does_not_matter(tried: Try) -> None:
    one = tried(with_rows(GOOD, SECOND)).outcomes
    other = tried(with_rows(SECOND, GOOD)).outcomes
    assert identities(one) == identities(other)


def test_c54_balance_that_does_not_add_up_names_the_row(tried: Try) -> None:
    rows = [
        GOOD,
        line(row_id="R2", time_utc="2026-03-01T11:00:00Z", balance_after="90"),
    ]
    found = tried(with_rows(*rows))
    assert found.interpreter is not None
    order = found.interpreter.recognition.layout.order
    (gap,) = balance_gaps(in_time_order(found.lines, order))
    assert (gap.after_row, gap.before_row, gap.amount) == (2, 3, Decimal(-7))


def test_c55_file_of_another_account_gives_no_row(tried: Try) -> None:
    found = tried(with_rows(GOOD), account="B2")
    assert found.lines == []
    assert [one.column for one in found.problems] == ["account"]


def test_c60_file_that_begins_with_id_is_read(tried: Try) -> None:
    text = "ID,uid,asset,type,amount,time\n1,7,USDT,TRANSFER,5,2026-03-01 10:00:00\n"
    assert len(tried(text).lines) == 1
