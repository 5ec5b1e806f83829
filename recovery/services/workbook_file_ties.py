"""What the manifest of a source file states, against what was taken from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from recovery.domain.ledger import ZERO
from recovery.domain.money import parse_amount
from recovery.selectors.workbook import SourceFileRow, amounts_read
from recovery.services.workbook_tally import places_checked

# Two amounts are added and one taken away in the line of a file.
_AMOUNTS_OF_A_LINE = 3


@dataclass(frozen=True, slots=True)
class FileTie:
    """One source file and one asset of it.

    Attributes:
        records_cell: Where Imports shows the number of records.
        manifest_rows: None when the file has no control line.
        accepted: Amounts the ledger holds from this file.
        held_before: Amounts of records the ledger had from another file.
    """

    name: str
    import_no: int
    records: int
    records_cell: str
    asset: str
    manifest_rows: int | None
    manifest_sum: Decimal
    accepted: Decimal
    held_before: Decimal

    @property
    def gap(self) -> Decimal:
        """What was taken less what the manifest states."""
        return self.accepted + self.held_before - self.manifest_sum

    @property
    def places(self) -> int:
        """Places to which the amounts can be compared in a spreadsheet."""
        gross = abs(self.manifest_sum) + abs(self.accepted) + abs(self.held_before)
        return places_checked(_AMOUNTS_OF_A_LINE, gross)


def file_ties(
    row: SourceFileRow, records_cell: str, stored: Mapping[str, Decimal]
) -> list[FileTie]:
    """The lines of one loaded file: one per asset, at least one.

    Args:
        stored: Per asset, what the ledger holds from this file.
    """
    manifest = amounts_read(row.manifest) or {}
    rows = manifest.get("rows")
    stated = {
        asset: _amount(value) for asset, value in (manifest.get("sums") or {}).items()
    }
    read = {
        asset: sum(map(_amount, by_role.values()), ZERO)
        for asset, by_role in (amounts_read(row.sums) or {}).items()
    }
    return [
        FileTie(
            name=row.name,
            import_no=row.id,
            records=row.records,
            records_cell=records_cell,
            asset=asset,
            manifest_rows=None if rows is None else int(rows),
            manifest_sum=stated.get(asset, ZERO),
            accepted=stored.get(asset, ZERO),
            held_before=(
                read[asset] - stored.get(asset, ZERO) if asset in read else ZERO
            ),
        )
        for asset in _assets(stated, stored, read)
    ]


def _assets(*sums: Mapping[str, Decimal]) -> list[str]:
    """Assets of a file; rows without one count only where they carry an amount."""
    named = {
        asset
        for by_asset in sums
        for asset, amount in by_asset.items()
        if asset or amount
    }
    return sorted(named) or [""]


def _amount(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else parse_amount(str(value))
