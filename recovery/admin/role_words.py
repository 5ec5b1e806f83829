"""Ledger roles in words that an agent reads."""

from django.utils.safestring import SafeString

from recovery.admin.show import two_lines
from recovery.domain.ledger import LedgerRole

ROLE_WORDS = {
    LedgerRole.XFER: "Own transfer, deposit or withdrawal",
    LedgerRole.PNL: "Realised result",
    LedgerRole.FEE: "Trading fee",
    LedgerRole.LIQFEE: "Liquidation fee",
    LedgerRole.INS: "Insurance fund",
    LedgerRole.ADL: "Result of an auto-deleveraging close",
    LedgerRole.CLAW: "Socialised loss",
    LedgerRole.FUND: "Funding",
    LedgerRole.LOAN: "Margin borrowed",
    LedgerRole.REPAY: "Margin loan repaid",
    LedgerRole.INT: "Interest on a loan",
    LedgerRole.SOLD: "Collateral given away",
    LedgerRole.BOUGHT: "What a forced sale brought in",
    LedgerRole.CONV: "Conversion between assets",
    LedgerRole.CREDIT: "Compensation credited",
    LedgerRole.INFO: "No cash effect",
    LedgerRole.UNKNOWN: "Not known what it is",
}
TAKEN_BACK = "Unknown again: take back what was said"


def role_cell(role: str) -> SafeString:
    """A role in words, with the short form that files and receipts use."""
    return two_lines(ROLE_WORDS[LedgerRole(role)], str(role))
