"""Which account a record belongs to, when the file says it and when it cannot."""

import re

from recovery.domain.errors import RecoveryError
from recovery.venues.names import REMEMBERED, NameRefusedError, checked_name
from recovery.venues.profile import AccountRule, LayoutKind
from recovery.venues.recognition import Recognition

ACCOUNT_KINDS = (LayoutKind.LEDGER, LayoutKind.ENGINE_LOG)


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
        if not self._rule.column:
            return self._given
        name = checked_name(text)
        if self._rule.wallets and self._is_wallet(name):
            return self._wallet(name)
        if self._given not in ("", name):
            raise NameRefusedError(text, f"is another account than {self._given}")
        return name

    def _wallet(self, name: str) -> str:
        if not self._given:
            raise AccountNeededError
        if name.casefold() == self._rule.main_wallet:
            return self._given
        return f"{self._given}/{name}"


def accounts_of(recognition: Recognition, given: str) -> Accounts:
    """The accounts of a recognised file.

    Raises:
        AccountNeededError: neither the file nor the caller states the account.
        AccountContradictedError: they state different ones.
    """
    rule = recognition.layout.account
    if rule.column or recognition.layout.kind not in ACCOUNT_KINDS:
        return Accounts(rule, given)
    stated = stated_account(recognition)
    if given and stated and given != stated:
        raise AccountContradictedError(given, stated)
    if not (given or stated):
        raise AccountNeededError
    return Accounts(rule, given or stated)


def stated_account(recognition: Recognition) -> str:
    """The account named above the header (`UID: 1`), or an empty text."""
    label = recognition.layout.account.preamble
    for row in recognition.preamble if label else ():
        for cell in row:
            name, colon, value = cell.partition(":")
            if colon and name.strip().casefold() == label.casefold():
                return value.strip()
    return ""
