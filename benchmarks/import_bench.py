"""Import end to end, beside plain COPY of the same rows and beside django-import-export.

Import: a stored house ledger is parsed, checked, fingerprinted, told from rows there
already, stored, counted and held against its manifest. Plain COPY: the rows that this
gave, prepared before the clock starts, into the same indexed table. The same server,
emptied in between, taking turns; medians. Ratios count, machines are noisy.

    python -m benchmarks.import_bench        IMPORT_ROWS=200000 ROUNDS=3
"""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.desk import desk_running
from benchmarks.import_profile import import_profile, print_profile
from recovery.demo.house_files import LEDGER_HEADER

ROWS = int(os.environ.get("IMPORT_ROWS", "200000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
ROWS_OF_ACCOUNT = 50
ACCOUNTS = max(ROWS // ROWS_OF_ACCOUNT, 1)
RESULTS = Path(__file__).parent / "results"
START = datetime(2026, 10, 1, tzinfo=UTC)


def house_rows(
    count: int, seed: int = 1, accounts: int = ACCOUNTS
) -> Iterator[tuple[str, ...]]:
    """Trades and their fees of many accounts, each with its running balance."""
    rng = random.Random(seed)
    balances = [10**9] * accounts
    for number in range(count):
        account = rng.randrange(accounts)
        amount = rng.randrange(-500_000, 500_000)
        balances[account] += amount
        at = START + timedelta(milliseconds=37 * number)
        size, price = rng.randrange(1, 5000), rng.randrange(10_000, 60_000)
        yield (
            f"RD-{100_000 + account}",
            f"HL{seed}{number:09d}",
            f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
            "USDT",
            _scaled(amount, 4),
            _scaled(balances[account], 4),
            "trade",
            "BTCUSDT",
            "buy" if size % 2 else "sell",
            _scaled(size, 3),
            _scaled(price, 1),
            f"O{number // 2:08d}",
            _scaled(size, 3),
            "",
        )


def _scaled(units: int, places: int) -> str:
    whole, rest = divmod(abs(units), 10**places)
    return f"{'-' if units < 0 else ''}{whole}.{rest:0{places}d}"


def write_ledger(path: Path, count: int, seed: int = 1) -> None:
    """A house ledger as the platform exports it."""
    total = 0
    with path.open("w", encoding="utf-8") as out:
        out.write("#recovery-desk,house-ledger,1,complete_until=2026-11-16T00:00:00Z\n")
        out.write(",".join(LEDGER_HEADER) + "\n")
        for row in house_rows(count, seed):
            total += int(row[4].replace(".", ""))
            out.write(",".join(row) + "\n")
        out.write(f"#manifest,rows={count},sum:USDT={_scaled(total, 4)}\n")


def write_workbook(path: Path, count: int) -> None:
    """The same as a workbook of texts, written by the library everybody uses."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("ledger")
    sheet.append(
        ("#recovery-desk", "house-ledger", "1", "complete_until=2026-11-16T00:00:00Z")
    )
    sheet.append(LEDGER_HEADER)
    total = 0
    for row in house_rows(count, seed=2, accounts=max(count // ROWS_OF_ACCOUNT, 1)):
        total += int(row[4].replace(".", ""))
        sheet.append(row)
    sheet.append(("#manifest", f"rows={count}", f"sum:USDT={_scaled(total, 4)}"))
    book.save(path)


class NoLease:
    """A lease nobody takes away."""

    def beat(self, done: int, total: int = 0, unit: str = "") -> None:
        """Go on."""


def timed(act: Callable[[], Any]) -> float:
    """Seconds an act takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def import_once(path: Path, count: int) -> float:
    """Seconds from a stored file to its last counter."""
    from recovery.models import Provenance, SourceFile, SourceFileState
    from recovery.services.actors import OPERATOR
    from recovery.services.imports import source_file_load
    from recovery.services.source_files import source_file_receive

    file: SourceFile = source_file_receive(
        OPERATOR, path=path, name=path.name, provenance=Provenance.HOUSE
    )
    seconds = timed(lambda: source_file_load(NoLease(), file, now=START))
    told = (file.state, file.records, file.accepted, bool(file.warnings))
    if told != (SourceFileState.LOADED, count, count, False):
        raise AssertionError((told, file.refusal, file.warnings[:3]))
    return seconds


def empty_desk() -> None:
    """Take away what an import left; only the owner of all may."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "TRUNCATE recovery_ledgerentry, recovery_sourcefile, recovery_job,"
            " accounts_tradingaccount CASCADE"
        )
        cursor.execute("SET session_replication_role = origin")


class PlainCopy:
    """The rows of an import, ready to be copied again."""

    def __init__(self) -> None:
        from django.db import connection

        from recovery.services.import_targets import TARGETS
        from recovery.venues.profile import LayoutKind

        self.columns = ", ".join(TARGETS[LayoutKind.LEDGER].columns)
        with connection.cursor() as cursor:
            # In the order of the file: what a script without our care would send.
            with cursor.cursor.copy(
                f"COPY (SELECT {self.columns} FROM recovery_ledgerentry"
                " ORDER BY row_number) TO STDOUT"
            ) as copy:
                self.blocks = [bytes(block) for block in copy]

    def once(self) -> float:
        """Seconds of one COPY into the table, emptied before."""
        from django.db import connection, transaction

        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("TRUNCATE recovery_ledgerentry CASCADE")
            cursor.execute("SET session_replication_role = origin")
        return timed(lambda: self._copy(transaction, connection))

    def _copy(self, transaction: Any, connection: Any) -> None:
        statement = f"COPY recovery_ledgerentry ({self.columns}) FROM STDIN"
        with transaction.atomic(), connection.cursor() as cursor:
            with cursor.cursor.copy(statement) as copy:
                for start in range(0, len(self.blocks), 1000):
                    copy.write(b"".join(self.blocks[start : start + 1000]))


def import_export_once(count: int, *, in_bulk: bool) -> float:
    """Seconds of django-import-export for the same kind of rows, fewer of them."""
    import tablib
    from import_export import resources

    from accounts.models import TradingAccount
    from recovery.models import LedgerEntry, Provenance, SourceFile

    class EntryResource(resources.ModelResource):
        class Meta:
            model = LedgerEntry
            import_id_fields = () if in_bulk else ("account", "source_id")
            force_init_instance = in_bulk
            use_bulk = in_bulk
            batch_size = 1000

    file = SourceFile.objects.create(
        sha256=f"{in_bulk}-{count}",
        name="bench",
        bytes_size=1,
        provenance=Provenance.HOUSE,
    )
    ids = {}
    for number in range(ACCOUNTS):
        name = f"RD-{100_000 + number}"
        ids[name] = name
    TradingAccount.objects.bulk_create(
        [TradingAccount(venue="house", number=name) for name in ids],
        ignore_conflicts=True,
    )
    ids = dict(TradingAccount.objects.filter(venue="house").values_list("number", "pk"))
    dataset = tablib.Dataset(
        headers=[
            "source_file", "row_number", "account", "sequence", "occurred_at", "asset",
            "role", "operation", "amount", "fee_amount", "funding_amount",
            "liquidation_fee_amount", "instrument", "side", "quantity", "price",
            "position_after", "balance_after", "source_id", "order_id", "raw_time",
            "ordinal",
        ]
    )  # fmt: skip
    for number, row in enumerate(house_rows(count, seed=3 + in_bulk)):
        dataset.append(
            (
                file.pk, number, ids[row[0]], number,
                row[2][:19].replace("T", " "), row[3], "PNL",
                row[6], row[4], "0", "0", "0", row[7], row[8], row[9], row[10],
                row[12], row[5], row[1], row[11], row[2], number + count * in_bulk * 10,
            )
        )  # fmt: skip
    found: list[Any] = []

    def load() -> None:
        found.append(EntryResource().import_data(dataset, raise_errors=True))

    seconds = timed(load)
    if found[0].totals["new"] != count:
        raise AssertionError(found[0].totals)
    return seconds


def read_with_openpyxl(path: Path) -> int:
    """Every cell of a workbook, by the library's quickest way."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True)
    return sum(1 for sheet in book for _ in sheet.iter_rows(values_only=True))


def compare(folder: Path) -> dict[str, float]:
    """Rows a second of everybody."""
    path = folder / "house-ledger.csv"
    write_ledger(path, ROWS)
    seconds: dict[str, list[float]] = {"import": [], "copy": []}
    for _ in range(ROUNDS):
        empty_desk()
        seconds["import"].append(import_once(path, ROWS))
        seconds["copy"].append(PlainCopy().once())
    rates = {name: ROWS / median(taken) for name, taken in seconds.items()}
    few, more = max(ROWS // 200, 100), max(ROWS // 20, 1000)
    rates["import_export"] = few / import_export_once(few, in_bulk=False)
    rates["import_export_bulk"] = more / import_export_once(more, in_bulk=True)
    return rates | compare_workbooks(folder)


def workbook_rows() -> int:
    """How many rows the workbook has: the library it is held against is slow."""
    return max(ROWS // 4, 1000)


def compare_workbooks(folder: Path) -> dict[str, float]:
    """The import of a workbook beside the mere reading of it."""
    count = workbook_rows()
    path = folder / "house-ledger.xlsx"
    write_workbook(path, count)
    reading, importing = [], []
    for _ in range(ROUNDS):
        reading.append(timed(lambda: read_with_openpyxl(path)))
        empty_desk()
        importing.append(import_once(path, count))
    return {
        "openpyxl_reading": count / median(reading),
        "xlsx_import": count / median(importing),
    }


def profiles(folder: Path) -> dict[str, dict[str, float]]:
    """Where the time of each kind of import goes, measured once and printed."""
    found = {}
    for suffix, count in (("csv", ROWS), ("xlsx", workbook_rows())):
        path = folder / f"house-ledger.{suffix}"
        empty_desk()
        found[suffix] = import_profile(path, partial(import_once, path, count))
        print_profile(f"{suffix.upper()} import", count, found[suffix])
    return found


RATIOS = (
    ("import / plain COPY", "import", "copy", "0.85"),
    ("import / django-import-export", "import", "import_export", "100"),
    ("import / django-import-export in bulk", "import", "import_export_bulk", "10"),
    ("workbook import / openpyxl reading", "xlsx_import", "openpyxl_reading", "8"),
)


def main() -> None:
    """Measure, print, keep."""
    with desk_running() as run_dir:
        rates = compare(run_dir)
        seconds = profiles(run_dir)
    for name, rate in rates.items():
        print(f"{name:28} {rate:12,.0f} rows/s")
    for title, ours, theirs, wanted in RATIOS:
        print(f"{title:42} {rates[ours] / rates[theirs]:8.2f}   wanted {wanted}")
    RESULTS.mkdir(exist_ok=True)
    today = date.today().isoformat()  # noqa: DTZ011 - the day of this machine
    kept = {
        "rows": ROWS,
        "workbook_rows": workbook_rows(),
        "rounds": ROUNDS,
        "load": os.getloadavg()[0],
        "rates": rates,
        "processor_seconds": seconds,
    }
    (RESULTS / f"import-{today}.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
