"""References people read aloud: no letters that look like figures."""

import hashlib

# Crockford's alphabet without I, L, O, U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def reference_of(prefix: str, material: bytes, length: int = 10) -> str:
    """A reference that follows from content: the same content, the same reference."""
    number = int.from_bytes(hashlib.sha256(material).digest(), "big")
    return f"{prefix}-{_spell(number, length)}"


def event_reference(venue: str, account: str, instrument: str, started_at: str) -> str:
    """Reference of an event: follows from where and when it happened."""
    return reference_of("LQ", f"{venue}|{account}|{instrument}|{started_at}".encode())


def grouped_reference(prefix: str, random_bytes: bytes) -> str:
    """A reference nobody can guess, in groups of four.

    Args:
        prefix: What kind of thing it names.
        random_bytes: From a secure source; ten where a stranger may guess (80 bits),
            five where only staff ask.
    """
    text = _spell(int.from_bytes(random_bytes, "big"), len(random_bytes) * 8 // 5)
    groups = [text[start : start + 4] for start in range(0, len(text), 4)]
    return f"{prefix}-{'-'.join(groups)}"


def clean_reference(text: str) -> str:
    """A reference as typed by a person, brought to its own form."""
    prefix, dash, rest = text.strip().upper().replace(" ", "-").partition("-")
    return prefix + dash + rest.translate(str.maketrans("OILU", "011V"))


def _spell(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        letters.append(_ALPHABET[rest])
    return "".join(letters)
