"""The alphabets and checksums that addresses are written in."""

import hashlib
from collections.abc import Iterable

from accounts.addresses.errors import AddressFault, AddressRefusedError

BITCOIN_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE_ALPHABET = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_LENGTH_MAX = 90
_BECH32_CHECK = 6
# The last value of the checksum says which of the two forms was meant.
BECH32, BECH32M = 1, 0x2BC830A3
_BASE58_LENGTH_MAX = 64
_CHECK_BYTES = 4


def _unreadable() -> AddressRefusedError:
    return AddressRefusedError(
        AddressFault.UNKNOWN_FORM, "This is not written as an address of this network."
    )


def _mistyped() -> AddressRefusedError:
    return AddressRefusedError(
        AddressFault.WRONG_CHECKSUM,
        "The check figure does not fit: a character is wrong, missing or swapped.",
    )


def base58_bytes(text: str, alphabet: str = BITCOIN_ALPHABET) -> bytes:
    """The bytes that a base58 text stands for.

    Raises:
        AddressRefusedError: Another character, or far too long.
    """
    if not 0 < len(text) <= _BASE58_LENGTH_MAX or set(text) - set(alphabet):
        raise _unreadable()
    number = 0
    for letter in text:
        number = number * 58 + alphabet.index(letter)
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def base58check_bytes(text: str, alphabet: str = BITCOIN_ALPHABET) -> bytes:
    """The bytes under a base58 text with four check bytes at its end.

    Raises:
        AddressRefusedError: Not base58, or the check bytes do not fit.
    """
    whole = base58_bytes(text, alphabet)
    content, check = whole[:-_CHECK_BYTES], whole[-_CHECK_BYTES:]
    twice = hashlib.sha256(hashlib.sha256(content).digest()).digest()
    if not content or twice[:_CHECK_BYTES] != check:
        raise _mistyped()
    return content


def bech32_parts(text: str) -> tuple[str, list[int], int]:
    """Prefix, five-bit groups and kind of checksum of a bech32 text (BIP 173, 350).

    Raises:
        AddressRefusedError: Mixed case, another character, no prefix, or a checksum
            that fits neither form.
    """
    if text not in {text.lower(), text.upper()} or len(text) > _BECH32_LENGTH_MAX:
        raise _unreadable()
    prefix, mark, rest = text.lower().rpartition("1")
    is_plain = prefix.isascii() and prefix.isprintable() and " " not in prefix
    if not (prefix and mark and is_plain) or set(rest) - set(_BECH32_ALPHABET):
        raise _unreadable()
    groups = [_BECH32_ALPHABET.index(letter) for letter in rest]
    spread = [ord(one) >> 5 for one in prefix] + [0] + [ord(one) & 31 for one in prefix]
    kind = _bech32_polymod([*spread, *groups])
    if len(groups) < _BECH32_CHECK or kind not in {BECH32, BECH32M}:
        raise _mistyped()
    return prefix, groups[:-_BECH32_CHECK], kind


def _bech32_polymod(values: Iterable[int]) -> int:
    """The remainder over GF(32) by which bech32 finds errors."""
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for position, part in enumerate(_BECH32_GENERATOR):
            check ^= part if top >> position & 1 else 0
    return check


def groups_as_bytes(groups: Iterable[int]) -> bytes:
    """Five-bit groups as bytes; what is left over must be short and zero.

    Raises:
        AddressRefusedError: The padding is not what it must be.
    """
    number = bits = 0
    out = bytearray()
    for group in groups:
        number, bits = number << 5 | group, bits + 5
        if bits >= 8:
            bits -= 8
            out.append(number >> bits & 0xFF)
    if bits >= 5 or number & ((1 << bits) - 1):
        raise _unreadable()
    return bytes(out)


def crc16(content: bytes) -> int:
    """CRC-16/XMODEM, as Stellar and TON check with."""
    check = 0
    for byte in content:
        check ^= byte << 8
        for _ in range(8):
            check = (check << 1 ^ (0x1021 if check & 0x8000 else 0)) & 0xFFFF
    return check
