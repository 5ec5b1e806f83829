"""Files leave by a view, as attachments, found by what they belong to."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from django.http import FileResponse, Http404, HttpResponse

_Response = TypeVar("_Response", HttpResponse, FileResponse)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


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
    columns: Sequence[str], rows: Iterable[Sequence[object]], name: str
) -> HttpResponse:
    """Rows as a CSV attachment; text a spreadsheet would run is made plain."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    response = HttpResponse(
        out.getvalue().encode(), content_type="text/csv; charset=utf-8"
    )
    safe = _UNSAFE.sub("_", name)
    response["Content-Disposition"] = f'attachment; filename="{safe}"'
    return _guarded(response)


def _plain(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(_RISKY) else text


def _guarded(response: _Response) -> _Response:
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
