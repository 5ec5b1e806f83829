"""Secrets of second factors, encrypted where they rest.

Who reads the database, or a backup of it, can make no code: the key is kept apart.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

_MARK = "sealed-1:"
_PURPOSE = b"recovery desk: secrets of second factors\0"


class FactorSecretUnreadableError(RuntimeError):
    """A second factor's secret was encrypted under a key that is not here."""

    code = "factor_secret_unreadable"

    def __init__(self) -> None:
        """Say what helps."""
        super().__init__(
            f"{self.__doc__} Bring FACTOR_KEYS back, or let the person begin anew."
        )


def secret_seal(text: str) -> str:
    """Encrypt a secret under the first key."""
    return _MARK + _keys().encrypt(text.encode()).decode()


def secret_open(stored: str) -> str:
    """Read a secret; one from before encryption is read as it is.

    Raises:
        FactorSecretUnreadableError: None of the keys opens it.
    """
    if not is_sealed(stored):
        return stored
    try:
        return _keys().decrypt(stored.removeprefix(_MARK).encode()).decode()
    except InvalidToken:
        raise FactorSecretUnreadableError from None


def is_sealed(stored: str) -> bool:
    """Whether a stored secret is encrypted."""
    return stored.startswith(_MARK)


def _keys() -> MultiFernet:
    words = settings.FACTOR_KEYS or (settings.SECRET_KEY,)
    return MultiFernet([Fernet(_key_of(word)) for word in words])


def _key_of(word: str) -> bytes:
    """A key out of a long random word; the purpose keeps it apart from other uses."""
    return urlsafe_b64encode(sha256(_PURPOSE + word.encode()).digest())
