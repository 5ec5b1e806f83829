"""One question for every door: can this asset be paid to this address?"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from accounts.addresses.errors import AddressFault, AddressRefusedError
from accounts.addresses.families import FAMILIES
from accounts.addresses.iban import iban_read

BANK = "BANK"
_DATA = Path(__file__).with_name("networks.toml")
_GROUP = 4


@dataclass(frozen=True, slots=True)
class CheckedAddress:
    """Where money of an asset can go.

    Attributes:
        asset: In capitals.
        network: In capitals; BANK for an IBAN.
        address: Its one true form.
        memo: Tag, memo or comment; empty where none was given.
        is_checked: Whether a check figure stood against mistyping.
    """

    asset: str
    network: str
    address: str
    memo: str
    is_checked: bool


def networks_of(asset: str) -> tuple[str, ...]:
    """The networks an asset can be paid on, the usual one first."""
    data = _data()
    if asset.upper() in data["fiat"]["assets"]:
        return (BANK,)
    return tuple(data["assets"].get(asset.upper(), ()))


def address_check(
    asset: str, network: str, address: str, memo: str = ""
) -> CheckedAddress:
    """Check an address and give its one true form.

    Raises:
        AddressRefusedError: The network does not carry the asset, or address or memo
            cannot be right.
    """
    asset, network = asset.strip().upper(), network.strip().upper()
    if network not in networks_of(asset):
        known = ", ".join(networks_of(asset)) or "none"
        raise AddressRefusedError(
            AddressFault.UNKNOWN_NETWORK,
            f"{asset} is not paid out on {network}; known: {known}.",
        )
    if network == BANK:
        _memo_check({}, memo.strip())
        return CheckedAddress(asset, network, iban_read(address), "", is_checked=True)
    rule = _data()["networks"][network]
    read = FAMILIES[rule["family"]](address.strip(), rule)
    return CheckedAddress(
        asset, network, read.address, _memo_check(rule, memo.strip()), read.is_checked
    )


def _memo_check(rule: Mapping[str, Any], memo: str) -> str:
    wanted = rule.get("memo")
    if not memo:
        return ""
    if wanted is None:
        raise AddressRefusedError(
            AddressFault.MEMO_FORBIDDEN, "This network knows no memo or tag."
        )
    if wanted["kind"] == "number":
        is_number = memo.isascii() and memo.isdecimal() and memo == str(int(memo))
        fits = is_number and int(memo) <= wanted["max"]
    else:
        fits = memo.isprintable() and len(memo.encode()) <= wanted["max"]
    if not fits:
        raise AddressRefusedError(
            AddressFault.MEMO_UNREADABLE,
            f"The {wanted['name']} is too long, or not what this network takes.",
        )
    return memo


def network_title(network: str) -> str:
    """A network as people call it."""
    if network == BANK:
        return "bank account (IBAN)"
    rule = _data()["networks"].get(network, {})
    return str(rule.get("title", network.replace("_", " ").title()))


def memo_name(network: str) -> str:
    """What a network calls the mark beside an address; empty where it knows none."""
    rule = _data()["networks"].get(network, {})
    return str(rule.get("memo", {}).get("name", ""))


def address_groups(address: str) -> list[str]:
    """An address in groups of four, for reading it aloud."""
    return [address[at : at + _GROUP] for at in range(0, len(address), _GROUP)]


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))
