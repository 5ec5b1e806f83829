"""Uploads go to disk as they come, and no further than this desk takes."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Counts what comes beyond the limit but keeps none of it.

    The form then sees a file that is too large and says so.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        """Keep a chunk while there is room."""
        if start <= settings.UPLOAD_BYTES_MAX:
            return super().receive_data_chunk(raw_data, start)
        return None
