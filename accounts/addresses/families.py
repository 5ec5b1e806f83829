"""One rule for each family of networks: read an address, give its one true form."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from Crypto.Hash import keccak

from accounts.addresses.encodings import (
    BECH32,
    BECH32M,
    RIPPLE_ALPHABET,
    base58_bytes,
    base58check_bytes,
    bech32_parts,
    crc16,
    groups_as_bytes,
)
from accounts.addresses.errors import AddressFault, AddressRefusedError

_EVM_FORM = re.compile(r"0x[0-9a-fA-F]{40}")
_EVM_SMALLEST = 1 << 16  # Below lie the zero address and the machine's own contracts.
_EVM_BURN = 0xDEAD
_KEY_BYTES, _HASH_BYTES = 32, 20
_STELLAR_ACCOUNT = 6 << 3
_STELLAR_LENGTH, _TON_LENGTH = 56, 48
_TON_BYTES = 36
_TON_FLAGS = frozenset({0x11, 0x51})
_TON_CHAINS = frozenset({0x00, 0xFF})
_WITNESS_BYTES = MappingProxyType({0: ((20, 32), BECH32), 1: ((32,), BECH32M)})


class Read(NamedTuple):
    """An address as it is stored and paid to.

    Attributes:
        address: Its one true form.
        is_checked: Whether a check figure stood against mistyping.
    """

    address: str
    is_checked: bool


Rule = Mapping[str, Any]
_Reader = Callable[[str, Rule], Read]


def _refuse(fault: AddressFault, why: str) -> AddressRefusedError:
    return AddressRefusedError(fault, why)


def _not_this_form() -> AddressRefusedError:
    return _refuse(
        AddressFault.UNKNOWN_FORM, "This is not written as an address of this network."
    )


def _of_another() -> AddressRefusedError:
    return _refuse(
        AddressFault.OTHER_NETWORK, "This is an address of another network or kind."
    )


def _nobodys() -> AddressRefusedError:
    return _refuse(
        AddressFault.NOBODYS, "Nobody holds this address: what is sent there is lost."
    )


def evm(text: str, _rule: Rule) -> Read:
    """Hexadecimal of 20 bytes; capitals carry the check figure (EIP-55)."""
    if not _EVM_FORM.fullmatch(text):
        raise _not_this_form()
    digits = text[2:]
    number = int(digits, 16)
    if number < _EVM_SMALLEST or number == _EVM_BURN:
        raise _nobodys()
    true_form = "0x" + _capitals(digits.lower())
    is_checked = digits not in {digits.lower(), digits.upper()}
    if is_checked and text != true_form:
        raise _refuse(
            AddressFault.WRONG_CHECKSUM,
            "Large and small letters do not fit: a character is wrong or swapped.",
        )
    return Read(true_form, is_checked)


def _capitals(digits: str) -> str:
    digest = keccak.new(digest_bits=256, data=digits.encode()).hexdigest()
    pairs = zip(digits, digest, strict=False)
    return "".join(one.upper() if int(by, 16) > 7 else one for one, by in pairs)


def bitcoin(text: str, rule: Rule) -> Read:
    """Base58 with check bytes, or a witness program; versions by the rule's data."""
    prefix = str(rule.get("prefix", ""))
    if prefix and text.lower().startswith(f"{prefix}1"):
        return _witness(text, prefix)
    content = base58check_bytes(text)
    if len(content) != _HASH_BYTES + 1 or content[0] not in rule["versions"]:
        raise _of_another()
    if not any(content[1:]):
        raise _nobodys()
    return Read(text, is_checked=True)


def _witness(text: str, wanted: str) -> Read:
    prefix, groups, kind = bech32_parts(text)
    if prefix != wanted or not groups or groups[0] not in _WITNESS_BYTES:
        raise _of_another()
    lengths, needed = _WITNESS_BYTES[groups[0]]
    if kind != needed or len(groups_as_bytes(groups[1:])) not in lengths:
        raise _not_this_form()
    return Read(text.lower(), is_checked=True)


def cosmos(text: str, rule: Rule) -> Read:
    """Bech32 of an account under the network's own prefix."""
    prefix, groups, kind = bech32_parts(text)
    if prefix != rule["prefix"]:
        raise _of_another()
    length = len(groups_as_bytes(groups))
    if kind != BECH32 or length not in {_HASH_BYTES, _KEY_BYTES}:
        raise _not_this_form()
    return Read(text.lower(), is_checked=True)


def solana(text: str, _rule: Rule) -> Read:
    """Base58 of a key; it has no check figure."""
    key = base58_bytes(text)
    if len(key) != _KEY_BYTES:
        raise _not_this_form()
    if not any(key):
        raise _nobodys()
    return Read(text, is_checked=False)


def ripple(text: str, _rule: Rule) -> Read:
    """Base58 in the network's own alphabet; the tag stands apart."""
    if text.startswith("X"):
        raise _refuse(
            AddressFault.UNKNOWN_FORM,
            "Give the address that begins with r, and the tag apart from it.",
        )
    content = base58check_bytes(text, RIPPLE_ALPHABET)
    if len(content) != _HASH_BYTES + 1 or content[0] != 0:
        raise _of_another()
    if int.from_bytes(content[1:]) < 2:
        raise _nobodys()
    return Read(text, is_checked=True)


def stellar(text: str, _rule: Rule) -> Read:
    """Base32 of an account's key with a check figure."""
    if text.startswith("M"):
        raise _refuse(
            AddressFault.UNKNOWN_FORM,
            "Give the address that begins with G, and the memo apart from it.",
        )
    if len(text) != _STELLAR_LENGTH:
        raise _not_this_form()
    try:
        whole = base64.b32decode(text)
    except binascii.Error:
        raise _not_this_form() from None
    if crc16(whole[:-2]).to_bytes(2, "little") != whole[-2:]:
        raise _refuse(
            AddressFault.WRONG_CHECKSUM,
            "The check figure does not fit: a character is wrong or swapped.",
        )
    if whole[0] != _STELLAR_ACCOUNT:
        raise _of_another()
    return Read(text, is_checked=True)


def ton(text: str, _rule: Rule) -> Read:
    """The form with flags and a check figure; the raw one has none."""
    if len(text) != _TON_LENGTH:
        raise _not_this_form()
    try:
        whole = base64.b64decode(text.translate(_URL_SAFE), validate=True)
    except binascii.Error:
        raise _not_this_form() from None
    if len(whole) != _TON_BYTES or crc16(whole[:-2]).to_bytes(2) != whole[-2:]:
        raise _refuse(
            AddressFault.WRONG_CHECKSUM,
            "The check figure does not fit: a character is wrong or swapped.",
        )
    if whole[0] not in _TON_FLAGS or whole[1] not in _TON_CHAINS:
        raise _of_another()
    if not any(whole[2:-2]):
        raise _nobodys()
    return Read(base64.urlsafe_b64encode(whole).decode(), is_checked=True)


_URL_SAFE = str.maketrans("-_", "+/")
FAMILIES: Mapping[str, _Reader] = MappingProxyType(
    {
        "evm": evm,
        "bitcoin": bitcoin,
        "cosmos": cosmos,
        "solana": solana,
        "ripple": ripple,
        "stellar": stellar,
        "ton": ton,
    }
)
