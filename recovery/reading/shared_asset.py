"""The asset of rows that name none, where all other rows of the file name the same."""

from collections.abc import Iterator
from dataclasses import replace

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import LedgerLine, RowProblem
from recovery.sheets.records import Source
from recovery.venues.file_rules import Derivation
from recovery.venues.interpretation import Interpreter
from recovery.venues.recognition import Recognition

SHARED_ASSET = "asset_of_other_rows"
_ANY_ACCOUNT = "any"
_ANY_ZONE = "UTC"


def asset_settled(recognition: Recognition, source: Source, said: str) -> Recognition:
    """The recognition with the asset that rows without one share with the others.

    An answer of such an interface holds one settlement asset; transfers in it name no
    contract, which is all that tells the asset. Where the rows name two, nobody guesses.

    Args:
        said: the asset that was given, or empty.
    """
    if said or recognition.stated.get("asset") or not _asks(recognition):
        return recognition
    try:
        named = set(_assets(recognition, source))
    except RecoveryError:
        return recognition
    assets = named - {""}
    if "" not in named or len(assets) != 1:
        return recognition
    (asset,) = assets
    stated = {**recognition.stated, "asset": asset, SHARED_ASSET: asset}
    return replace(recognition, stated=stated)


def asset_taken(recognition: Recognition) -> str:
    """What to know of an asset that was taken from other rows, or nothing."""
    asset = recognition.stated.get(SHARED_ASSET, "")
    if not asset:
        return ""
    return (
        f"Rows that name no contract are taken to be in {asset}, as all others are. "
        "Give the asset if that is not so."
    )


def _asks(recognition: Recognition) -> bool:
    return any(
        one.how is Derivation.STATED and one.text == "asset" and one.columns
        for one in recognition.layout.derived
    )


def _assets(recognition: Recognition, source: Source) -> Iterator[str]:
    """The asset of every row, empty where the row names none."""
    column = recognition.layout.fields["asset"]
    interpreter = Interpreter(recognition, account=_ANY_ACCOUNT, zone=_ANY_ZONE)
    for outcome in interpreter.interpret_all(source.records()):
        if isinstance(outcome, LedgerLine):
            yield outcome.asset
        elif isinstance(outcome, RowProblem) and outcome.column == column:
            yield ""
