"""Hands mails to an SMTP server and knows how far the talk got.

A server has taken a mail once it has the dot that ends its text. A talk that breaks
before that line was sent is certainly no delivery and may be tried again; one that
breaks behind it is known to nobody (TRUST F06, F28).
"""

import smtplib
from collections.abc import Sequence
from typing import Any

from django.core.mail.backends import smtp
from django.core.mail.message import EmailMessage

_END_OF_TEXT = b"\r\n.\r\n"


class NotTakenError(OSError):
    """The talk broke before the mail server could have taken the mail."""

    code = "not_taken"


class _Talk(smtplib.SMTP):
    """Remembers whether the end of a text has gone out."""

    has_sent_text = False

    def send(self, s: Any) -> None:
        """Send; commands are texts, a mail's text is bytes and ends with its dot."""
        if isinstance(s, bytes) and s.endswith(_END_OF_TEXT):
            self.has_sent_text = True
        super().send(s)


class _SecretTalk(_Talk, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class EmailBackend(smtp.EmailBackend):
    """Django's, whose failures say whether the mail may have been taken."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Which kind of talk to begin."""
        return _SecretTalk if self.use_ssl else _Talk

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send mails; in this house one at a time.

        Raises:
            NotTakenError: The talk broke before the end of the text went out.
            SMTPResponseException, SMTPRecipientsRefused: The server said no.
            OSError: The talk broke behind it: nobody knows.
        """
        try:
            return int(super().send_messages(email_messages) or 0)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            raise
        except OSError as error:
            if getattr(self.connection, "has_sent_text", False):
                raise
            raise NotTakenError(f"{type(error).__name__}: {error}") from error
