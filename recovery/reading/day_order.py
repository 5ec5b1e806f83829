"""Which of day and month a file writes first, where its layout knows both ways."""

from dataclasses import replace
from datetime import UTC

from recovery.domain.errors import RecoveryError
from recovery.sheets.records import Source
from recovery.venues.recognition import Recognition
from recovery.venues.time_forms import TimeUnreadableError, day_order, form_reader

USUAL_ORDER = "usual_day_order"
DAY_ORDERS = {"day": "the day", "month": "the month"}


class DayOrderNeededError(RecoveryError):
    """The times of the file read two ways: somebody must say which comes first."""

    code = "day_order_needed"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"“{text}” can be two days, and no row tells which: say whether the day or "
            "the month is written first."
        )
        self.text = text


class DayOrderContradictedError(RecoveryError):
    """The rows show the other order of day and month than the one stated."""

    code = "day_order_contradicted"

    def __init__(self, shown: str) -> None:
        super().__init__(f"The rows show that {DAY_ORDERS[shown]} is written first.")
        self.shown = shown


def day_order_settled(
    recognition: Recognition, source: Source, said: str
) -> Recognition:
    """The recognition with one order of day and month, where that matters.

    What the rows show comes first, then what was said, then what the venue is known to
    write; `stated` names the order that was only taken from the venue.

    Args:
        said: `day` or `month`, or empty.

    Raises:
        DayOrderNeededError: No row decides, and nobody said.
        DayOrderContradictedError: The rows decide otherwise.
    """
    shown = _orders(recognition.time_forms)
    known = _orders(recognition.layout.time.forms)
    if said and len(known) > 1 and said not in shown:
        raise DayOrderContradictedError(min(shown))
    if len(shown) < 2:
        return recognition
    if said:
        return _ordered(recognition, said)
    text = _first_unclear(recognition, source)
    usual = recognition.layout.time.usual_order
    if text and not usual:
        raise DayOrderNeededError(text)
    if not text:
        return recognition
    stated = {**recognition.stated, USUAL_ORDER: usual}
    return replace(_ordered(recognition, usual), stated=stated)


def _ordered(recognition: Recognition, order: str) -> Recognition:
    forms = tuple(f for f in recognition.time_forms if day_order(f) in ("", order))
    return replace(recognition, time_forms=forms)


def order_taken(recognition: Recognition) -> str:
    """What to know of an order that neither the rows nor anybody told, or nothing."""
    usual = recognition.stated.get(USUAL_ORDER, "")
    if not usual:
        return ""
    return (
        f"Every day can be a month: {DAY_ORDERS[usual]} was read first, as the venue "
        "is known to write. Say so if the customer's page wrote it otherwise."
    )


def settled_order(recognition: Recognition) -> str:
    """`day` or `month` where the layout knows both and one is left, else empty."""
    left = _orders(recognition.time_forms)
    has_choice = len(_orders(recognition.layout.time.forms)) > 1
    return min(left) if has_choice and len(left) == 1 else ""


def _orders(forms: tuple[str, ...]) -> set[str]:
    return {day_order(form) for form in forms} - {""}


def _first_unclear(recognition: Recognition, source: Source) -> str:
    """The first written time that is two instants; empty when there is none."""
    at = recognition.columns[recognition.layout.time.column]
    readers = [form_reader(form) for form in recognition.time_forms]
    for row in source.records():
        text = row.cells[at].strip() if at < len(row.cells) else ""
        found = set()
        for read in readers:
            try:
                found.add(read(text, UTC))
            except TimeUnreadableError:
                continue
        if len(found - {None}) > 1:
            return text
    return ""
