"""Uploads go to disk as they come, and no further than this desk takes."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from recovery.services.whole_files import FULL

# Where a request says that the disk under its uploads is full.
NO_ROOM = "desk.no_room"


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Counts what comes beyond the limit but keeps none of it.

    The form then sees a file that is too large and says so. Where the disk has no room
    nothing is kept either, and the request says so.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file, where there is room for one."""
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            self._note(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        """Keep a chunk while there is room."""
        if self._has_no_room() or start > settings.UPLOAD_BYTES_MAX:
            return None
        try:
            return super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self._note(error)
            return None

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Give the file, unless a part of it is missing."""
        if self._has_no_room():
            return None
        try:
            return super().file_complete(file_size)
        except OSError as error:
            self._note(error)
            return None

    def _has_no_room(self) -> bool:
        return self.request is not None and NO_ROOM in self.request.META

    def _note(self, error: OSError) -> None:
        if error.errno not in FULL or self.request is None:
            raise error
        self.request.META[NO_ROOM] = True
        begun: Any = getattr(self, "file", None)
        if begun is not None:
            with suppress(OSError):
                begun.close()
