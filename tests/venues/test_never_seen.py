"""Files nobody has seen yet: the same rows, told in fifty other ways."""

from pathlib import Path

import pytest

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import LedgerLine, RowProblem
from recovery.sheets.open_source import open_source
from recovery.venues.interpretation import Interpreter
from recovery.venues.outcomes import Ignored, Outcome
from tests.venues.golden_files import FILES, case_of
from tests.venues.reports import identities, lines_of, understood
from tests.venues.variations import VARIATIONS, table_of

# Its last column holds text with commas, so its rows are longer than its header.
RAGGED = "binance.transaction-history.D.csv"
# The longest table of each venue: every way with every file would take minutes.
PER_VENUE = 1


def tables() -> list[Path]:
    """Tables of text, by venue, the longest first."""
    found: dict[str, list[tuple[int, str, Path]]] = {}
    for path in FILES:
        if path.suffix == ".json" or path.name == RAGGED:
            continue
        source = open_source(path)
        if source.header:
            venue, layout, *_ = path.name.split(".")
            length = -len(list(source.records()))
            found.setdefault(venue, []).append((length, layout, path))
    return [path for rows in found.values() for *_, path in sorted(rows)[:PER_VENUE]]


TABLES = tables()
# A row below or between the rows is a row problem or left out, with its reason.
WITH_REMAINS = {"note below", "total below", "count below"}
# What is refused, and what the refusal says.
REFUSED = {
    "table of a web page": "Export it again",
    "objects": "give it|is missing",  # What stood above the names is lost.
    "an object a line": "give it|is missing",
    "header with stars": "'Unit*' twice|columns: #*",
    "header with colons": "'Unit:' twice|columns: #:",
    "blocks of blanks": "columns: UID Account Type",  # No row shows where cells begin.
    "table of a ticket": "quote stands inside",
}
# Signs that only a layout could declare: every such row is refused, none misread.
ROW_BY_ROW = {"numbers with a real minus sign"}


def tried(
    path: Path, given: dict[str, str]
) -> tuple[list[Outcome], Interpreter | None, str]:
    """What a file holds, or the text it is refused with."""
    try:
        return (*understood(path, **given), "")
    except RecoveryError as refusal:
        return [], None, str(refusal)


@pytest.mark.parametrize("variation", VARIATIONS)
@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_same_rows_come_out_of_every_variation_or_a_clear_refusal(
    path: Path, variation: str, tmp_path: Path
) -> None:
    given = {"name": path.name, **case_of(path).given}
    plain, interpreter = understood(path, **given)
    layout = interpreter.recognition.layout
    table = table_of(path, open_source(path))
    varied = tmp_path / "varied"
    varied.write_bytes(VARIATIONS[variation](table))
    found, reader, refusal = tried(varied, given)
    if reader is None:
        texts = REFUSED.get(variation, "").split("|")
        assert any(text and text in refusal for text in texts), refusal
        return
    assert reader.recognition.layout.code == layout.code
    own, other = identities(plain, layout), identities(found, layout)
    if variation in ROW_BY_ROW:
        assert other <= own
        problems = [one for one in found if isinstance(one, RowProblem)]
        assert len(own) - len(other) <= len(problems)
        assert all(one.column and one.reason for one in problems)
        return
    assert other == own
    remains = len(found) - len(plain)
    left = [one for one in found if not isinstance(one, LedgerLine)]
    before = [one for one in plain if not isinstance(one, LedgerLine)]
    assert len(left) - len(before) == remains
    if variation in WITH_REMAINS:
        assert remains == 1
    else:
        extra = [one for one in left if isinstance(one, Ignored)]
        assert remains <= len(extra) + sum(one in before for one in left)


def test_there_are_more_than_forty_variations() -> None:
    assert len(VARIATIONS) >= 50


# --- the log of the support screen, as agents paste it ------------------------------

ROWS = (
    ("30001", "42", "USDT", "TRANSFER", "1000", "2026-05-01 0:00:00", ""),
    ("30002", "42", "USDT", "REALIZED_PNL", "250.5", "2026-05-01 02:15:00", "BTCUSDT"),
    ("30003", "42", "BNB", "COMMISSION", "-0.0012", "2026-05-01 02:15:00", "ETHUSDT"),
    ("30004", "42", "USDC", "BFUSD_REWARD", "0.01370506", "2026-05-01 5:06:28", ""),
    ("30005", "42", "BTC", "REALIZED_PNL", "-0.0005", "2026-05-01 15:00:00", "BTCUSD_PERP"),
    ("30006", "42", "USDT", "FOOBAR_2026", "0.0", "2026-05-01 15:00:00", ""),
)  # fmt: skip
NAMES = ("id", "uid", "asset", "type", "amount", "time", "symbol")
TITLES = ("Id", "UID", "Asset", "Type", "Amount", "Time", "Symbol")
SPLIT = tuple((*row[:5], *row[5].split(), row[6]) for row in ROWS)


def pasted(*rows: tuple[str, ...], by: str = "\t") -> str:
    return "".join(by.join(row).rstrip() + "\n" for row in rows)


PASTES = {
    "tabs and names": pasted(NAMES, *ROWS),
    "tabs and titles": pasted(TITLES, *ROWS),
    "tabs, no names": pasted(*ROWS),
    "tabs, day and hour apart": pasted(*SPLIT),
    "commas and names": pasted(NAMES, *ROWS, by=","),
    "commas, no names": pasted(*ROWS, by=","),
    "wide gaps, no names": pasted(*ROWS, by="   "),
    "single blanks, no names": pasted(*ROWS, by=" "),
    "single blanks and names": pasted(NAMES, *ROWS, by=" "),
    "hard blanks": pasted(*ROWS, by="\u00a0\u00a0"),
    "names in another order": pasted(
        *((row[4], row[3], row[2], row[5], row[0], row[1], row[6])
          for row in (NAMES, *ROWS))
    ),
    "a note above and below": "Balance log\n" + pasted(NAMES, *ROWS) + "page 1 of 1\n",
}  # fmt: skip


@pytest.mark.parametrize("paste", PASTES)
def test_log_of_the_support_screen_is_read_as_it_is_pasted(
    paste: str, tmp_path: Path
) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(PASTES[paste], "utf-8")
    found, interpreter = understood(path)
    lines = [one for one in found if isinstance(one, LedgerLine)]
    told = [
        (one.asset, one.operation, str(one.amount), one.instrument) for one in lines
    ]
    assert told == [(row[2], row[3], str(row[4]), row[6]) for row in ROWS] or [
        (one[0], one[1], float(one[2]), one[3]) for one in told
    ] == [(row[2], row[3], float(row[4]), row[6]) for row in ROWS]
    assert {one.account for one in lines} == {"42"}
    assert interpreter.notices.unknown_operations == {"FOOBAR_2026": 1}


def test_log_without_ids_and_symbols_is_read(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(
        "asset\ttype\tamount\ttime\nUSDT\tFUNDING_FEE\t-0.01\t2026-01-01 00:00:00\n"
    )
    found, _ = understood(path, account="7")
    assert [type(one) for one in found] == [LedgerLine]


def test_commas_between_thousands_are_read_as_the_support_screen_shows_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    path.write_text(
        "id\tuid\tasset\ttype\tamount\ttime\tsymbol\n"
        "1\t42\tUSDT\tTRANSFER\t1,234.5\t2026-05-01 00:00:00\t\n"
        "2\t42\tUSDT\tREALIZED_PNL\t-12,000\t2026-05-01 00:00:00\tBTCUSDT\n"
    )
    outcomes, _ = understood(path)
    assert [str(one.amount) for one in lines_of(outcomes)] == ["1234.5", "-12000"]


def test_lines_of_the_screen_between_the_rows_are_none_and_are_counted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    row = "1\t42\tUSDT\tTRANSFER\t{}\t{}\tBTCUSDT\n"
    path.write_text(
        "Balance log\n"
        + row.format("5", "2026-05-01 00:00:00") * 9
        + "Load more\n"
        + row.format("7", "2026-05-01 00:00:01") * 9
        + row.format("9", "2026-13-01 00:00:01")
        + "1\t42\tUSDT\tTRANSFER\t5\n"
        + "Total 3\n"
    )
    found, _ = understood(path)
    assert [type(one).__name__ for one in found] == [
        "Ignored", *["LedgerLine"] * 9, "Ignored", *["LedgerLine"] * 9,
        "RowProblem", "RowProblem", "Ignored",
    ]  # fmt: skip
