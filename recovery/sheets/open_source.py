"""The one door to a source file."""

from pathlib import Path

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.read_csv import open_csv
from recovery.sheets.read_json import open_json
from recovery.sheets.read_xlsx import open_xlsx
from recovery.sheets.records import UPLOAD_LIMITS, Limits, Source, SourceKind
from recovery.sheets.text_scan import source_kind

# A workbook under the name of a text, or a text under that of a workbook, is not what
# its sender takes it for. (`.xls` is not here: venues name tables of tabs so.)
_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xlsb"})
_TEXTS = frozenset({".csv", ".tsv", ".json"})


def open_source(
    path: Path, *, sheet: str = "", limits: Limits = UPLOAD_LIMITS, name: str = ""
) -> Source:
    """Open a source file; the content decides how it is read.

    Args:
        path: the file as it was received.
        sheet: the sheet to read when a workbook has several with data.
        limits: how much is read at most.
        name: the name it was sent under; one that says another kind refuses it.

    Raises:
        FileRefusedError: the file as a whole cannot be taken.
    """
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise FileRefusedError(
            "too_large",
            f"The file has {size} bytes; at most {limits.file_bytes} are read.",
            "Split it into parts.",
        )
    with path.open("rb") as stream:
        kind = source_kind(stream.read(4096))
    if kind is SourceKind.XLSX:
        # An archive is refused as one, whatever its name says.
        source = open_xlsx(path, sheet, limits)
        _check_name(name, kind)
        return source
    _check_name(name, kind)
    if kind is SourceKind.JSON:
        return open_json(path, limits)
    return open_csv(path, limits)


def _check_name(name: str, kind: SourceKind) -> None:
    suffix = Path(name).suffix.lower()
    is_workbook = kind is SourceKind.XLSX
    if suffix in (_TEXTS if is_workbook else _WORKBOOKS):
        content, other = ("a workbook", ".xlsx") if is_workbook else ("text", ".csv")
        raise FileRefusedError(
            "name_contradicts",
            f"The name ends with {suffix}, but the content is {content}.",
            f"Save it again, or rename it to {other} if that is what it is.",
        )
