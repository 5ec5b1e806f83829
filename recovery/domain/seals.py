"""Two sealed contents held against each other: what differs, in words."""

import json
from typing import Any

_UNREADABLE = "<not readable>"


def seal_differences(shown: str, now: str) -> tuple[str, ...]:
    """What one canonical text says and another does not.

    Args:
        shown: The content somebody was shown, or approved.
        now: The content as it stands.

    Returns:
        One sentence per field that differs, in the order of the names.
    """
    before, after = _content(shown), _content(now)
    return tuple(
        f"{name}: {_told(before.get(name))} then, {_told(after.get(name))} now"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {"content": _UNREADABLE}
    return content if isinstance(content, dict) else {"content": content}


def _told(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, list):
        return ", ".join(_told(part) for part in value)
    text = str(value)
    return f"{text[:16]}…" if len(text) == 64 and text.isalnum() else text
