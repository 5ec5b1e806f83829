"""The other roads: a withdrawal, a fair no, a deficit, the workbook, a dead worker."""

import csv
import os
import signal
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from tests.journeys import house_ledger
from tests.journeys.owed import approve_payment, build_and_release
from tests.journeys.people import Claimant
from tests.journeys.running_desk import wait_for
from tests.journeys.walk import Walk

# More than one chunk of an import, so that a dead worker leaves a half behind.
_LONG = 60_000
_CASELESS = """
    SELECT e.reference, e.instrument, e.source_reference, a.venue, a.number,
           c.email, to_char(e.started_at, 'YYYY-MM-DD"T"HH24:MI:SS') AS at
    FROM recovery_event e
    JOIN recovery_assessmentresult r ON r.assessment_id = e.active_assessment_id
    JOIN accounts_tradingaccount a ON a.id = e.account_id
    JOIN accounts_customer c ON c.id = a.customer_id
    LEFT JOIN recovery_recoverycase rc ON rc.event_id = e.id
    WHERE r.reason = %s AND a.venue = %s AND rc.id IS NULL
    ORDER BY e.id LIMIT 1
"""


def withdrawal_is_confirmed(walk: Walk) -> None:
    """The one that waits in the demo: approved, sent, confirmed by a file."""
    payment = walk.desk.rows(
        "SELECT reference, asset, amount FROM recovery_payment"
        " WHERE kind = 'withdrawal' AND status = 'proposed'"
    )[0]
    reference = str(payment["reference"])
    approve_payment(walk.bea, reference)
    build_and_release(walk, "Build a withdrawal batch", reference)
    file = walk.rio.download("Download withdrawal-", walk.folder / "withdrawal.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        _, header, line, _ = csv.reader(lines)
    sent = dict(zip(header, line, strict=True))
    assert sent["payment_reference"] == reference
    assert Decimal(sent["amount"]) == payment["amount"]

    answer = walk.folder / "confirmations.csv"
    answer.write_text(
        "payment_reference,status,confirmation_reference,asset,amount\n"
        f"{reference},confirmed,0xfeed01,{sent['asset']},{sent['amount']}\n",
        encoding="utf-8",
    )
    walk.max.open_list("payoutbatch")
    walk.max.press("Upload a confirmation file", file=answer)
    walk.max.wait_to_read("Confirmation file taken: 1 confirmed.")
    walk.max.see("batches-confirmed")
    walk.max.open_row("payment", reference)
    assert "0xfeed01" in walk.max.read()
    walk.max.see("withdrawal-confirmed")


@dataclass
class Asking:
    """A customer of the demo who filed, asked for a code and waits for the mail."""

    customer: Claimant
    reference: str
    mail: str
    event: str


def two_more_ask(walk: Walk) -> tuple[Asking, Asking]:
    """Customers of the demo: one taken over by a venue, one below zero."""
    return (
        _claim(walk, walk.desk.rows(_CASELESS, "POLICY_TO_FUND", "bybit")[0]),
        _claim(walk, walk.desk.rows(_CASELESS, "DEFICIT_COVERED", "house")[0]),
    )


def _claim(walk: Walk, known: dict[str, Any]) -> Asking:
    """File with what this customer knows: an id, or instrument and time."""
    customer = walk.new_claimant()
    by_id = {"transaction_id": known["source_reference"]}
    by_time = {"instrument": known["instrument"], "happened_at": known["at"]}
    stated = by_id if known["source_reference"] else by_time
    reference = customer.file(known["number"], **stated)
    customer.ask_for_code(reference)
    return Asking(customer, reference, known["email"], known["reference"])


def fair_no_is_explained(walk: Walk, asking: Asking) -> None:
    """A venue that takes the position over: nothing is owed, and why."""
    told = _decided(
        walk,
        asking,
        "not_owed",
        "The venue took the position over; by its terms nothing is left to pay out.",
    )
    assert "Decided: nothing is owed" in told
    assert "It rests on: Bybit" in told
    assert "Where the money went" in told
    assert "insurance fund" in told
    assert "nothing was booked" not in told
    asking.customer.see("status-not-owed", phone=True)


def deficit_is_explained(walk: Walk, asking: Asking) -> None:
    """Closed below zero, covered by the fund: nothing is owed either way."""
    told = _decided(
        walk,
        asking,
        "deficit",
        "The position closed beyond the bankruptcy price; the fund bore the rest.",
    )
    assert "Decided: the account ended below zero" in told
    assert "You owe nothing" in told
    asking.customer.see("status-deficit", phone=True)


def _decided(walk: Walk, asking: Asking, kind: str, reason: str) -> str:
    """Ada takes and proposes what the assessment says, Bea approves.

    Returns:
        What the customer reads then.
    """
    asking.customer.enter(asking.reference, asking.mail)
    walk.ada.open_row("recoverycase", "RC-", f"q={asking.event}")
    walk.ada.press("Take the case")
    assert walk.ada.value("Propose a decision", "kind") == kind
    walk.ada.press("Propose a decision", reason=reason)
    walk.ada.wait_to_read("Somebody else must approve it.")
    walk.bea.open_row("recoverycase", "RC-", f"q={asking.event}")
    walk.bea.press("Approve the proposal")
    walk.bea.wait_to_read("Approved. The customer is told.")
    walk.bea.see(f"case-{kind}")
    return asking.customer.reload()


def workbook_ties(walk: Walk) -> None:
    """Finance asks, waits, downloads; the workbook says whether it ties."""
    walk.max.open_list("workbook")
    walk.max.press("Build a workbook as of now")
    walk.max.page.locator(".dk-title").get_by_text("Ready").wait_for(timeout=90_000)
    walk.max.see("workbook-ready")
    file = walk.max.download("Download the workbook", walk.folder / "workbook.xlsx")
    sheet = load_workbook(file, data_only=True)["TieOut"]
    said = {row[0].value: row[1].value for row in sheet.iter_rows(max_col=2)}
    assert said["Overall"] == "TIED", said
    assert said["house-ledger-nora.csv"] == "tied"


def dead_worker_loses_nothing(walk: Walk) -> None:
    """SIGKILL in the middle of a long import: it ends as if nothing had been."""
    ledger = house_ledger.many_deposits(walk.folder / "house-ledger-long.csv", _LONG)
    group = walk.desk.pid_of("worker")
    walk.sam.open_list("sourcefile")
    walk.sam.press("Upload files", file=ledger, provenance="house")
    walk.sam.press("Load the file")
    wait_for(lambda: _of_file(walk, ledger, "state") == "loading")
    os.killpg(group, signal.SIGKILL)
    assert _of_file(walk, ledger, "state") == "loading"
    walk.sam.see("import-after-kill")
    wait_for(lambda: "worker runs again" in walk.desk.said())
    walk.sam.page.locator(".dk-title").get_by_text("Loaded").wait_for(timeout=90_000)
    told = f"{_LONG:,} records = {_LONG:,} accepted + 0 duplicate + 0 ignored"
    assert told in walk.sam.read()
    assert _of_file(walk, ledger, "tries") == 2
    walk.sam.see("import-ended")


def _of_file(walk: Walk, file: Path, column: str) -> object:
    found = walk.desk.rows(
        "SELECT s.state, j.attempt AS tries FROM recovery_sourcefile s"
        " JOIN recovery_job j ON j.id = s.job_id WHERE s.name = %s",
        file.name,
    )
    return found[0][column] if found else None
