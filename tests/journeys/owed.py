"""The main road: a wrong fee, found, decided by two, paid, confirmed, read."""

import csv
import re

from tests.journeys import house_ledger
from tests.journeys.house_ledger import (
    ACCOUNT,
    EVENT_ID,
    EXPECTED,
    MAIL,
    OVERCHARGE,
    RECEIVED,
    plain,
)
from tests.journeys.people import Claimant, Colleague
from tests.journeys.walk import Walk

_REASON = "The trading fee was taken at twice the rate of your tier."


def platform_sends_nora(walk: Walk) -> None:
    """Reference data by command, the ledger by upload; the break explains itself."""
    for name, text in (
        ("house-customers.csv", house_ledger.CUSTOMERS),
        ("house-accounts.csv", house_ledger.ACCOUNTS),
        ("house-fee-tiers.csv", house_ledger.MEMBERSHIPS),
    ):
        file = walk.folder / name
        file.write_text(text, encoding="utf-8")
        said = walk.desk.command("import_file", file, "--provenance", "house")
        assert "1 records (1 accepted" in said

    sam = walk.sam
    sam.see("desk", phone=True)
    sam.open_list("sourcefile")
    sam.see("imports")
    ledger = house_ledger.nora_ledger(walk.folder / "house-ledger-nora.csv")
    upload(sam, ledger)
    count = len(house_ledger.nora_rows())
    assert (
        f"{count} records = {count} accepted + 0 duplicate + 0 ignored + 0 rejected."
        in sam.read()
    )
    sam.see("import-loaded", phone=True)

    walk.desk.wait_for_row(
        "SELECT 1 FROM recovery_event"
        " WHERE source_reference = %s AND active_assessment_id IS NOT NULL",
        EVENT_ID,
    )
    sam.open_row("event", "LQ-", f"q={EVENT_ID}")
    told = sam.read()
    assert f"short {plain(OVERCHARGE)} USDT" in told
    assert "Fee variance" in told
    assert plain(EXPECTED) in told
    assert plain(RECEIVED) in told
    sam.see("event", phone=True)


def upload(colleague: Colleague, file: object) -> None:
    """Upload a file of the platform, load it and watch it until it is loaded."""
    colleague.open_list("sourcefile")
    colleague.press("Upload files", file=file, provenance="house")
    colleague.press("Load the file")
    title = colleague.page.locator(".dk-title")
    title.get_by_text("Loaded").wait_for(timeout=90_000)


def nora_files_a_claim(walk: Walk) -> Claimant:
    """Two minutes at "/", a code from the mail, and no figure yet."""
    nora = walk.new_claimant()
    nora.go("/")
    nora.see("claim-home", phone=True)
    reference = nora.file(
        ACCOUNT, transaction_id=EVENT_ID, message="Where is the rest of my money?"
    )
    nora.see("claim-filed", phone=True)
    nora.ask_for_code(reference)
    nora.see("claim-code", phone=True)
    nora.enter(reference, MAIL)
    assert walk.desk.mails(MAIL, f"We have your claim {reference}")
    told = nora.read()
    assert "Received" in told
    assert "Nothing is needed from you." in told
    assert re.search(r"When you hear next \d+ \w+ \d{4} \(UTC\)", told), told
    require_no_figure(told)
    nora.see("status-received", phone=True)
    return nora


def require_no_figure(told: str) -> None:
    for amount in (OVERCHARGE, EXPECTED, RECEIVED):
        assert plain(amount) not in told


def decision_needs_two(walk: Walk, nora: Claimant) -> None:
    """Sam takes, Ada proposes, nobody approves alone, Bea approves, Nora reads why."""
    walk.sam.open_list("recoverycase")
    walk.sam.see("queue", phone=True)
    walk.sam.open_row("recoverycase", "RC-", f"q={EVENT_ID}")
    walk.sam.press("Take the case")
    walk.sam.wait_to_read("The case is yours.")
    walk.sam.see("case-taken", phone=True)

    ada = walk.ada
    ada.open_row("recoverycase", "RC-", f"q={EVENT_ID}")
    ada.see_first_screen("desk")  # The picture of the README.
    assert ada.value("Propose a decision", "amount") == plain(OVERCHARGE)
    assert ada.value("Propose a decision", "kind") == "owed"
    ada.see("proposal-form")
    ada.press("Propose a decision", reason=_REASON)
    ada.wait_to_read("Somebody else must approve it.")
    ada.see("case-proposed")
    require_no_figure(nora.reload())
    own_proposal_is_refused(walk)

    walk.bea.open_list("approval")
    walk.bea.see("approvals", phone=True)
    walk.bea.open_row("recoverycase", "RC-", f"q={EVENT_ID}")
    walk.bea.press("Approve the proposal")
    walk.bea.wait_to_read("Approved. The customer is told.")
    walk.bea.see("case-owed")

    told = nora.reload()
    assert "Decided: money is owed to you" in told
    for amount in (OVERCHARGE, EXPECTED, RECEIVED):
        assert plain(amount) in told
    assert "The arithmetic in words" in told
    assert _REASON in told
    nora.see("status-owed", phone=True)


def own_proposal_is_refused(walk: Walk) -> None:
    """No button for it, and no way round the missing button."""
    ada = walk.ada
    assert not ada.offers("Approve the proposal")
    digest = ada.page.locator(".dk-sealed .dk-code").first.inner_text()
    with walk.refusal_provoked():
        ada.forge("approve", shown_digest=digest)
    assert "Refused." in ada.read()
    ada.see("own-approval-refused")
    decided = walk.desk.rows(
        "SELECT c.status FROM recovery_recoverycase c"
        " JOIN recovery_event e ON e.id = c.event_id WHERE e.source_reference = %s",
        EVENT_ID,
    )
    assert decided == [{"status": "proposed"}]


def credit_is_confirmed_by_the_next_file(walk: Walk, nora: Claimant) -> None:
    """Payment by two, batch by two, file out, the platform's next file in."""
    walk.max.open_row("recoverycase", "RC-", f"q={EVENT_ID}")
    assert walk.max.value("Propose a credit", "amount") == plain(OVERCHARGE)
    walk.max.press("Propose a credit")
    walk.max.wait_to_read("A checker must approve it.")
    payment = payment_of_nora(walk)
    approve_payment(walk.bea, str(payment["reference"]))
    walk.bea.see("payment-approved")

    batch = build_and_release(walk, "Build a credit batch", payment["reference"])
    file = walk.rio.download("Download credit-", walk.folder / "batch.csv")
    walk.rio.see("batch-released")
    check_instruction(file.read_text(encoding="utf-8"), batch, payment["reference"])
    nora.reload()
    assert "Sent" in nora.read()

    following = walk.folder / "house-ledger-next.csv"
    said = walk.desk.command("demo_next_house_file", "--out", following)
    assert said.startswith("1 credits booked")
    upload(walk.max, following)
    walk.desk.wait_for_row(
        "SELECT 1 FROM recovery_payment WHERE reference = %s AND status = 'posted'",
        payment["reference"],
    )
    told = nora.reload()
    assert "Credited on" in told
    nora.see("status-credited", phone=True)
    close_the_case(walk, nora)


def payment_of_nora(walk: Walk) -> dict[str, object]:
    return walk.desk.rows(
        "SELECT p.reference, p.amount, p.status FROM recovery_payment p"
        " JOIN recovery_event e ON e.id = p.event_id WHERE e.source_reference = %s",
        EVENT_ID,
    )[0]


def approve_payment(checker: Colleague, reference: str) -> None:
    checker.open_row("payment", reference)
    checker.see("payment-proposed")
    checker.press("Approve the payment")
    checker.wait_to_read("It can go into the next batch.")


def build_and_release(walk: Walk, button: str, payment: object) -> str:
    """Max builds and cannot release; Rio, who approved none of it, releases.

    Returns:
        The reference of the batch.
    """
    walk.max.open_list("payoutbatch")
    walk.max.press(button)
    walk.max.wait_to_read("somebody else releases it")
    assert str(payment) in walk.max.read()
    assert not walk.max.offers("Release the batch")
    with walk.refusal_provoked():
        walk.max.forge("release")
    assert "Refused." in walk.max.read()
    walk.max.see("own-release-refused")
    batch = walk.max.page.locator(".dk-title").inner_text().split()[0]
    walk.rio.open_row("payoutbatch", batch)
    walk.rio.press("Release the batch")
    walk.rio.wait_to_read("the file is ready")
    return batch


def check_instruction(text: str, batch: str, payment: object) -> None:
    """The file says what is to be booked, and proves that it is whole."""
    first, header, *lines, control = csv.reader(text.splitlines())
    assert first == ["#recovery-desk,credit-instruction,1", batch]
    assert header[0] == "line"
    amount = plain(OVERCHARGE)
    assert lines == [["1", str(payment), EVENT_ID, ACCOUNT, "USDT", amount]]
    assert control[:3] == ["#control", "lines=1", f"sum:USDT={amount}"]
    assert re.fullmatch(r"hash=[0-9a-f]{64}", control[3])


def close_the_case(walk: Walk, nora: Claimant) -> None:
    walk.sam.open_row("recoverycase", "RC-", f"q={EVENT_ID}")
    walk.sam.see("case-paid")
    # What is in the own balance closes by itself when the clocks are looked at.
    if walk.sam.offers("Close the case"):
        walk.sam.press("Close the case", reason="Credited, and the event ties.")
        walk.sam.wait_to_read("Closed.")
    told = nora.reload()
    assert "Credited on" in told
    assert plain(OVERCHARGE) in told
    nora.see("status-closed", phone=True)
