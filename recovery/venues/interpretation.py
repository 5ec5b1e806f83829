"""Records to what they mean: one interpreter per file."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from recovery.domain.errors import RecoveryError
from recovery.sheets.records import Record
from recovery.venues.accounts import AccountNeededError, accounts_of
from recovery.venues.cells import UNREADABLE, FileColumns
from recovery.venues.file_rules import ZONE_ASKED, Derivation
from recovery.venues.ledger_rows import LedgerRows
from recovery.venues.outcomes import Notices, Outcome
from recovery.venues.profile import LayoutKind
from recovery.venues.recognition import Recognition
from recovery.venues.reference_rows import (
    EngineRows,
    PositionRows,
    PriceRows,
    ReferenceRows,
)
from recovery.venues.timestamps import zone_named

_ROWS: dict[
    LayoutKind,
    type[EngineRows] | type[PriceRows] | type[PositionRows] | type[ReferenceRows],
] = {
    LayoutKind.ENGINE_LOG: EngineRows,
    LayoutKind.MARK_PRICES: PriceRows,
    LayoutKind.FUNDING_RATES: PriceRows,
    LayoutKind.POSITIONS: PositionRows,
    LayoutKind.REFERENCE: ReferenceRows,
}


class ZoneNeededError(RecoveryError):
    """The file does not say in which zone its times are: it has to be given."""

    code = "zone_needed"

    def __init__(self) -> None:
        super().__init__("The file does not say in which zone its times are: give it.")


class AssetNeededError(RecoveryError):
    """The file does not say which asset its amounts are in: it has to be given."""

    code = "asset_needed"

    def __init__(self) -> None:
        super().__init__(
            "The file does not say which asset its amounts are in: send it under the "
            "name the venue gave it, or give the asset."
        )


class Interpreter:
    """Understands the records of one recognised file.

    Args:
        recognition: venue, layout and columns of the file.
        account: the account, where the file cannot say it.
        zone: the zone of the written times; what the file or its layout states when
            empty.
        asset: the asset, where the file cannot say it.

    Raises:
        AccountNeededError: the file does not say whose account it is. Layouts whose
            wallets are named per row raise it on the first such row.
        AccountContradictedError: the file names another account than the one given.
        AssetNeededError: neither the file's name nor the caller states the asset.
        ZoneNeededError: the file does not say its zone.
        ZoneUnknownError: there is no zone of that name.
    """

    def __init__(
        self,
        recognition: Recognition,
        *,
        account: str = "",
        zone: str = "",
        asset: str = "",
    ) -> None:
        self.recognition = recognition
        said = recognition.stated
        known = zone or said.get("zone", "")
        self.zone = known or recognition.layout.time.zone
        self.is_zone_assumed = recognition.layout.time.assumed and not known
        if self.zone == ZONE_ASKED:
            raise ZoneNeededError
        self.notices = Notices()
        accounts = accounts_of(recognition, account)
        stated = {
            "account": account or said.get("account", ""),
            "asset": asset or said.get("asset", ""),
        }
        _check_stated(recognition, stated)
        columns = FileColumns(
            recognition, accounts, zone_named(self.zone), stated, self.notices
        )
        self.interpret: Callable[[Record], Outcome] = self._reader(columns)

    def interpret_all(self, records: Iterable[Record]) -> Iterator[Outcome]:
        """The meaning of each record, in order; exactly one per record."""
        return map(self.interpret, records)

    def _reader(self, columns: FileColumns) -> Callable[[Record], Outcome]:
        kind = self.recognition.layout.kind
        if kind is LayoutKind.LEDGER:
            return LedgerRows(columns, self.notices).read
        return _guarded(columns, _ROWS[kind](columns).read)


def _check_stated(recognition: Recognition, stated: Mapping[str, str]) -> None:
    """Ask for what the layout can take from nowhere else."""
    for column in recognition.layout.derived:
        is_only_stated = column.how is Derivation.STATED and not column.columns
        if is_only_stated and not stated[column.text]:
            raise AssetNeededError if column.text == "asset" else AccountNeededError


def _guarded(
    columns: FileColumns, read: Callable[[Record], Outcome]
) -> Callable[[Record], Outcome]:
    """The reader, with a row problem for every record it cannot read."""

    def guarded(record: Record) -> Outcome:
        if not columns.is_sound(record):
            return columns.problem(record)
        try:
            return read(record)
        except UNREADABLE:
            return columns.problem(record)

    return guarded
