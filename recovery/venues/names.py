"""Names in cells: assets, instruments, accounts; refused when they could deceive."""

import re
from collections.abc import Iterable, Mapping

from recovery.venues.profile import LetterCase

# Names are ASCII: a Cyrillic letter in USDT must not make another asset.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+-]{0,63}", re.ASCII)
REMEMBERED = 100_000
# What the desk's columns hold; longer texts are no names of anything known.
ASSET_LENGTH = 24
INSTRUMENT_LENGTH = 40
ACCOUNT_LENGTH = 64
# A spreadsheet writes a long number so, or a program that holds it as a fraction.
_DIGITS_LOST = re.compile(
    r"(?:.*:)?(?:\d(?:[.,]\d+[eE]\+?|[eE]\+)\d{1,2}|\d{16,}\.0*)", re.ASCII
)
DIGITS_LOST = "has lost its digits in a spreadsheet: send the file as it was given"


class NameRefusedError(ValueError):
    """The text is not a name the desk can take."""

    code = "name_refused"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(reason)
        self.text = text
        self.reason = reason


class Names(dict[str, str]):
    """Texts of cells to names as the desk spells them, remembered.

    A missing text is read on first sight, which raises NameRefusedError when it
    is no name. Texts that mean nothing are the empty name where `optional`.
    """

    def __init__(
        self,
        case: LetterCase,
        *,
        optional: bool,
        longest: int,
        known: Mapping[str, str] | None = None,
        none: Iterable[str] = ("",),
    ) -> None:
        super().__init__(dict.fromkeys(none, "") if optional else {})
        self._upper = case is LetterCase.UPPER
        self._longest = longest
        self._known = known or {}

    def __missing__(self, text: str) -> str:
        name = checked_name(text)
        name = self._known.get(name, name)
        if len(name) > self._longest:
            raise NameRefusedError(text, f"is longer than {self._longest} characters")
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = name.upper() if self._upper else name
        return self[text]


def checked_name(text: str) -> str:
    """The name without blanks around it.

    Raises:
        NameRefusedError: empty, too long, or with characters that names do not have.
    """
    name = text.strip()
    if not name:
        raise NameRefusedError(text, "is missing")
    if not _NAME.fullmatch(name):
        raise NameRefusedError(text, _why(name))
    return name


def _why(name: str) -> str:
    if not name.isascii():
        return f"has a letter outside ASCII that may only look alike: {name!a}"
    return "is not a name"


def checked_account(text: str) -> str:
    """The number of an account, without blanks around it.

    Raises:
        NameRefusedError: it is no name, or a number of which digits are lost.
    """
    name = checked_name(text)
    _check_digits(text, name)
    return name


REFERENCE_LENGTH = 80


def checked_reference(text: str) -> str:
    """A reference as the venue wrote it, without blanks around it.

    Raises:
        NameRefusedError: it is too long to be one.
    """
    if len(text) > REFERENCE_LENGTH:
        raise NameRefusedError(text, f"is longer than {REFERENCE_LENGTH} characters")
    return text.strip()


def checked_id(text: str) -> str:
    """The id of a row or an order as the venue wrote it: it tells rows apart.

    Raises:
        NameRefusedError: it is too long to be one, or digits of it are lost.
    """
    reference = checked_reference(text)
    if "." in reference or "+" in reference:
        _check_digits(text, reference)
    return reference


def _check_digits(text: str, number: str) -> None:
    if _DIGITS_LOST.fullmatch(number):
        raise NameRefusedError(text, DIGITS_LOST)
