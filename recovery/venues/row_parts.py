"""The parts of a row's amount that are fee, funding and liquidation fee."""

from decimal import Decimal
from typing import NamedTuple

from recovery.domain.ledger import ZERO, LedgerRole
from recovery.sheets.records import Cells
from recovery.venues.cells import FileColumns
from recovery.venues.numbers import total
from recovery.venues.profile import OperationRule


class Parts(NamedTuple):
    """Signed from the customer's side: a cost is negative."""

    fee: Decimal
    funding: Decimal
    liquidation_fee: Decimal


NO_PARTS = Parts(ZERO, ZERO, ZERO)
OWN_PART = {
    LedgerRole.FEE: "fee",
    LedgerRole.FUND: "funding",
    LedgerRole.LIQFEE: "liquidation_fee",
}


class PartsReader:
    """Reads the parts of a row under the sign rules of its layout."""

    def __init__(self, columns: FileColumns) -> None:
        self._columns = columns
        signs = columns.layout.cost_signs
        self._places = [
            (columns.optional_number(name), signs.get(name) == "positive")
            for name in Parts._fields
        ]

    def read(self, cells: Cells) -> Parts:
        """The parts; a column without a value is no part."""
        return Parts(*(self._part(cells[at], flip) for at, flip in self._places))

    def _part(self, text: str, flip: bool) -> Decimal:
        value = self._columns.optional_numbers[text]
        if not value:
            return ZERO
        return value.copy_negate() if flip else value


def settled_role(
    rule: OperationRule, amount: Decimal, parts: Parts
) -> tuple[LedgerRole, Parts]:
    """The role of what is left beside the parts, and the parts beside that role.

    A funding row is FUND as a whole: its funding is no part beside itself, unless
    it also settles a result, which then gives the row its role.
    """
    if rule.fee_is_own:
        parts = parts._replace(fee=ZERO)
    own = OWN_PART.get(rule.role)
    if own is None:
        return rule.role, parts
    rest = total(amount, *(part.copy_negate() for part in parts))
    if rest and rule.remainder_role is not None:
        return rule.remainder_role, parts
    return rule.role, parts._replace(**{own: ZERO})
