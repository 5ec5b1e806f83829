"""Mails captured as files: whole, or not at all (TRUST F21)."""

import os
from contextlib import suppress
from typing import Any

from django.core.mail.backends import filebased
from django.core.mail.message import EmailMessage

from recovery.services.smtp import NotTakenError
from recovery.services.whole_files import FULL


class EmailBackend(filebased.EmailBackend):
    """Django's, which leaves half a mail behind on a full disk."""

    stream: Any  # Of bytes; the console's, which it inherits from, is of text.
    _fname: str | None

    def write_message(self, message: EmailMessage) -> None:
        """Write a mail down as a whole.

        Raises:
            NotTakenError: There is no room; the mail may be tried again.
        """
        began_at = self.stream.tell()
        try:
            super().write_message(message)
            self.stream.flush()
        except OSError as error:
            self._take_back(began_at)
            if error.errno in FULL:
                raise NotTakenError("There is no room for captured mails.") from error
            raise

    def _take_back(self, began_at: int) -> None:
        # What waits in the stream's memory would be written when it is closed.
        raw = self.stream.detach()
        with suppress(OSError):
            os.ftruncate(raw.fileno(), began_at)
        raw.close()
        if began_at == 0 and self._fname:
            with suppress(OSError):
                os.unlink(self._fname)  # noqa: PTH108 - the library's name
        self.stream = None
        self._fname = None
