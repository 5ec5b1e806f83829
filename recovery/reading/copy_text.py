"""Values in the text form of COPY: one row a line, columns apart by tabs."""

from collections.abc import Sequence

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_word(text: str) -> str:
    """Free text in COPY's text form."""
    return text if text.isalnum() else text.translate(_ESCAPES)


def copy_words(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Free texts in COPY's text form; most hold nothing that needs a second look."""
    joined = "".join(texts)
    if joined.isprintable() and "\\" not in joined:
        return texts
    return tuple(map(copy_word, texts))


def copy_line(values: Sequence[object]) -> str:
    """One row in COPY's text form; amounts and times as their own texts."""
    return "\t".join(map(_copy_value, values))


def _copy_value(value: object) -> str:
    if value is None:
        return "\\N"
    return copy_word(value) if isinstance(value, str) else str(value)
