"""Money that is owed and lies still: why, how old, and what reaching out looks like.

Source: design §6 (owed but not claimed).
"""

from enum import StrEnum

BANDS = ((30, "up to 30 days"), (90, "31 to 90 days"), (180, "91 to 180 days"))
OLDEST = "over 180 days"


class UnclaimedKind(StrEnum):
    """Why money that is owed lies still: the account it is kept on."""

    NOT_PAID = "not_paid"  # Decided, and no payment of it is on its way.
    CAME_BACK = "came_back"  # Returned; nobody said where to.
    FROZEN = "frozen"  # Held by compliance; shown to them only.
    DUST = "dust"  # Too little to pay alone; still owed.


class ContactWay(StrEnum):
    """How somebody tried to reach a customer."""

    MAIL = "mail"
    PHONE = "phone"
    LETTER = "letter"
    PLATFORM = "platform"  # A message in the platform's own app.


def age_band(days: int) -> str:
    """The bucket of something so many days old."""
    return next((name for most, name in BANDS if days <= most), OLDEST)
