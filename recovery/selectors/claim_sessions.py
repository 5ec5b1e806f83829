"""Who is behind a claim session: looked up, never believed."""

import hashlib
from datetime import datetime, timedelta

from django.db.models.functions import Now

from recovery.models import Claim, ClaimCode

# A claim session is short: it is opened by a code that a mailbox can read.
SESSION_LENGTH = timedelta(minutes=15)


def session_claim(token: str, *, now: datetime | None = None) -> Claim | None:
    """The claim that a claim session opens; None when there is none, or no more.

    Args:
        token: What `claim_enter` gave: the number of a used code and a secret.
        now: Decides whether its time is over; the database's clock, if left out.
    """
    number, _, secret = token.partition(".")
    # Digits of any alphabet would pass isdigit and break the query.
    if not (number.isascii() and number.isdigit() and len(number) < 18 and secret):
        return None
    code = (
        ClaimCode.objects.select_related("claim__case__event__account")
        .select_related("claim__case__customer")
        .filter(
            pk=int(number),
            session_hash=secret_hash(secret),
            used_at__gt=(now or Now()) - SESSION_LENGTH,
        )
        .first()
    )
    return code.claim if code else None


def secret_hash(secret: str) -> str:
    """How a random secret of 256 bits is stored: SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()
