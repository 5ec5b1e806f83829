"""One text for one content: canonical JSON and its SHA-256."""

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from recovery.domain.money import format_amount


def canonical_json(content: Any) -> str:
    """JSON with sorted keys, no spaces, amounts as plain decimal strings.

    Raises:
        TypeError: The content holds a float or something that is no plain value.
    """
    return json.dumps(
        _plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def digest_text(text: str) -> str:
    """SHA-256 of a text's UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format_amount(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    raise TypeError(f"no canonical form for {type(value).__name__}")
