"""What a file says about itself outside its rows: preamble, header, file name."""

import re
from collections.abc import Iterator, Sequence

from recovery.venues.profile import Layout

# Some venues write the sign behind a dash: `UTC--6` is six hours behind.
_OFFSET = re.compile(
    r"(?:UTC|GMT)?(?:-?([+-])(\d{1,2})(?::?(\d{2}))?|(\d{1,2}))?", re.ASCII
)
_MARK = "\ufeff"
# What stands around a label in a cell of JSON: {"userTimeZone":"+8"}.
_AROUND = ' {}"'


def file_statements(
    layout: Layout, preamble: Sequence[Sequence[str]], file_name: str, zone: str
) -> dict[str, str]:
    """Account, asset and zone, as far as they are stated; the preamble comes first.

    Args:
        layout: the layout recognised.
        preamble: rows above the header.
        file_name: as it was sent.
        zone: the zone stated in a column name, or empty.
    """
    found = _of_name(layout.file_name, file_name)
    if zone:
        found["zone"] = zone
    labels = dict(reversed(list(labels_of(preamble))))
    for key, label in (
        ("account", layout.account.preamble),
        ("zone", layout.time.preamble),
    ):
        for name in filter(None, label.casefold().split("|")):
            if value := labels.get(name, ""):
                found[key] = value
    if "zone" in found:
        found["zone"] = zone_label(found["zone"])
    return found


def zone_label(text: str) -> str:
    """A zone as the desk writes it: `UTC+8` is `+08:00`; other names as they are."""
    offset = _OFFSET.fullmatch(text.upper())
    if offset is None:
        return text
    sign, hours, minutes, plain = offset.groups()
    sign, hours = (sign, hours) if sign else ("+", plain)
    if not hours or int(hours) == int(minutes or 0) == 0:
        return "UTC"
    return f"{sign}{int(hours):02}:{int(minutes or 0):02}"


def _of_name(pattern: str, name: str) -> dict[str, str]:
    found = re.search(pattern, name, re.IGNORECASE) if pattern else None
    if found is None:
        return {}
    return {key: text for key, text in found.groupdict().items() if text}


def labels_of(preamble: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """The `label:value` cells, such as `UID:1` and `Time Zone:UTC+8`."""
    for row in preamble:
        # Where the rows are split by something else, the commas are still in a cell.
        for cell in ",".join(row).split(","):
            label, colon, value = cell.replace(_MARK, "").partition(":")
            if colon and value.strip(_AROUND):
                yield label.strip(_AROUND).casefold(), value.strip(_AROUND)
