"""Files leave by a view, as attachments, found by what they belong to."""

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from django.http import FileResponse, Http404, HttpResponse

from recovery.sheets.write_csv import CsvValue, write_csv

_Response = TypeVar("_Response", HttpResponse, FileResponse)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def file_download(path: Path, name: str) -> FileResponse:
    """A stored file as an attachment.

    Raises:
        Http404: The file is not there.
    """
    if not path.is_file():
        raise Http404
    response = FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=_UNSAFE.sub("_", name),
        content_type="application/octet-stream",
    )
    return _guarded(response)


def csv_download(
    columns: Sequence[str], rows: Iterable[Sequence[CsvValue]], name: str
) -> HttpResponse:
    """Rows as a CSV attachment; text a spreadsheet would run is made plain."""
    out = io.StringIO(newline="")
    write_csv(out, columns, rows)
    return bytes_download(out.getvalue().encode(), name, "text/csv; charset=utf-8")


def bytes_download(content: bytes, name: str, content_type: str) -> HttpResponse:
    """Bytes made for this answer, as an attachment."""
    response = HttpResponse(content, content_type=content_type)
    safe = _UNSAFE.sub("_", name)
    response["Content-Disposition"] = f'attachment; filename="{safe}"'
    return _guarded(response)


def _guarded(response: _Response) -> _Response:
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
