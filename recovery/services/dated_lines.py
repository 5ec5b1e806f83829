"""Rules with dates: a new line ends the one in force where it begins."""

from datetime import datetime
from typing import Any

from recovery.domain.errors import NotReadyError


def line_end(lines: Any, valid_from: datetime, terms_reference: str) -> int:
    """Set the end of the line in force; give the number of the next version.

    Args:
        lines: Those that the new one must not overlap.
        valid_from: Where the new one begins.
        terms_reference: The clause it rests on.

    Raises:
        NotReadyError: No clause, or the last line begins later.
    """
    if not terms_reference.strip():
        raise NotReadyError("Name the clause of the terms this rule rests on.")
    last = lines.select_for_update(no_key=True).order_by("-period").first()
    if last is None:
        return 1
    if last.period.lower is not None and last.period.lower >= valid_from:
        raise NotReadyError(
            f"Version {last.version} begins at {last.period.lower:%Y-%m-%d %H:%M} UTC: "
            "a new one must begin later."
        )
    last.period = (last.period.lower, valid_from)
    last.save(update_fields=["period"])
    return int(last.version) + 1
