"""Which account a record belongs to, when the file says it and when it cannot."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from recovery.domain.errors import RecoveryError
from recovery.sheets.records import Record
from recovery.venues.file_rules import AccountRule
from recovery.venues.names import (
    ACCOUNT_LENGTH,
    REFERENCE_LENGTH,
    REMEMBERED,
    NameRefusedError,
    checked_account,
    checked_name,
)
from recovery.venues.profile import LayoutKind
from recovery.venues.recognition import Recognition

WALLET_MARK = "\x1f"
MASK = "*"
ACCOUNT_KINDS = (LayoutKind.LEDGER, LayoutKind.ENGINE_LOG, LayoutKind.POSITIONS)


class AccountNeededError(RecoveryError):
    """The file does not say whose account it is: it has to be given."""

    code = "account_needed"

    def __init__(self) -> None:
        super().__init__("The file does not say whose account it is: give it.")


class AccountContradictedError(RecoveryError):
    """The file names another account than the one given."""

    code = "account_contradicted"

    def __init__(self, given: str, stated: str) -> None:
        super().__init__(f"The file names account {stated!r}, not {given!r}.")
        self.given = given
        self.stated = stated


class AccountUnreadableError(RecoveryError):
    """What was said or stands above the rows is no account number."""

    code = "account_unreadable"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(
            f"The account {text[:REFERENCE_LENGTH]!r} {reason}. Give its number."
        )
        self.text = text


class Accounts(dict[str, str]):
    """Texts of the account column to account numbers, remembered.

    Args:
        rule: where the account stands.
        given: the account stated by whoever brought the file, or empty.
    """

    def __init__(self, rule: AccountRule, given: str) -> None:
        super().__init__()
        self._given = given
        self._rule = rule
        self._is_wallet = re.compile(rule.wallets, re.IGNORECASE).fullmatch

    def __missing__(self, text: str) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = self._account(text)
        return self[text]

    def _account(self, text: str) -> str:
        number, mark, wallet = text.partition(WALLET_MARK)
        account = self._number(number)
        if not mark:
            return account
        if not account:
            raise AccountNeededError
        code = self._rule.wallet_names.get(folded_wallet(wallet), folded_wallet(wallet))
        if code == self._rule.main_wallet:
            return account
        return _within(text, f"{account}/{checked_name(code)}")

    def _number(self, text: str) -> str:
        if not self._rule.column:
            return self._given
        if MASK in text:
            return self._unmasked(text.strip())
        name = checked_account(text)
        if self._rule.wallets and self._is_wallet(name):
            return self._wallet(name)
        if self._given not in ("", name):
            raise NameRefusedError(text, f"is another account than {self._given}")
        return name

    def _unmasked(self, text: str) -> str:
        """The given account, when a number with hidden digits can be it."""
        if not self._given:
            raise AccountNeededError
        if not _can_be(text, self._given):
            raise NameRefusedError(text, f"is another account than {self._given}")
        return self._given

    def _wallet(self, name: str) -> str:
        if not self._given:
            raise AccountNeededError
        if name.casefold() == self._rule.main_wallet:
            return self._given
        return _within(name, f"{self._given}/{name}")


def _within(text: str, account: str) -> str:
    """The account with its wallet, when the desk can hold so long a name.

    Raises:
        NameRefusedError: it cannot.
    """
    if len(account) > ACCOUNT_LENGTH:
        raise NameRefusedError(text, f"is longer than {ACCOUNT_LENGTH} characters")
    return account


def accounts_of(recognition: Recognition, given: str) -> Accounts:
    """The accounts of a recognised file.

    Raises:
        AccountNeededError: neither the file nor the caller states the account.
        AccountContradictedError: they state different ones.
    """
    rule = recognition.layout.account
    if rule.column not in recognition.columns:
        # The account stands in a column that not every file of the layout has.
        rule = replace(rule, column="")
    stated = _unmasked(recognition.stated.get("account", ""), given)
    if rule.column and rule.wallets:
        # Above rows that name wallets, the file may say whose they are.
        return Accounts(rule, _checked(given or stated))
    if rule.column or recognition.layout.kind not in ACCOUNT_KINDS:
        return Accounts(rule, _checked(given))
    if given and stated not in ("", given) and not rule.internal:
        raise AccountContradictedError(given, stated)
    if not (given or stated):
        raise AccountNeededError
    return Accounts(rule, _checked(given or stated))


def _unmasked(stated: str, given: str) -> str:
    """What the file states, or the given account where hidden digits allow it."""
    if MASK in stated and (not given or _can_be(stated, given)):
        return given
    return stated


def _checked(number: str) -> str:
    """An account that was said, or stands above the rows, when it can be one.

    Raises:
        AccountUnreadableError: it cannot.
    """
    try:
        return number and checked_account(number)
    except NameRefusedError as error:
        raise AccountUnreadableError(number, error.reason) from error


def check_account(
    opening: Sequence[Record], recognition: Recognition, given: str
) -> None:
    """Refuse a file whose first rows all name an account other than the given one.

    Raises:
        AccountContradictedError: it is the file of somebody else.
    """
    rule = recognition.layout.account
    at = recognition.columns.get(rule.column)
    if not given or at is None or rule.wallets:
        return
    header = recognition.header[at] if at < len(recognition.header) else ""
    named = {row.cells[at].strip() for row in opening if at < len(row.cells)}
    # A note among the rows names nobody.
    named = {text for text in named if text and text != header and " " not in text}
    if named and not any(_can_be(text, given) for text in named):
        raise AccountContradictedError(given, min(named))


def _can_be(text: str, given: str) -> bool:
    """Whether a number, some of its digits perhaps hidden, is the given one."""
    shown = re.escape(text).replace(re.escape(MASK), ".")
    return re.fullmatch(shown, given) is not None


def folded_wallet(name: str) -> str:
    """A wallet's name as it is compared: `USD\u24c2-Futures` is `usdmfutures`."""
    plain = unicodedata.normalize("NFKC", name)
    return re.sub(r"[\s_-]+", "", plain).casefold()
