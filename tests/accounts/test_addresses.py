"""Addresses: published examples, and every single mistyping of a checked one."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.addresses.checks import address_check, address_groups, networks_of
from accounts.addresses.encodings import BITCOIN_ALPHABET
from accounts.addresses.errors import AddressFault, AddressRefusedError

F = AddressFault
TAPROOT = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
P2WSH = "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3"
TON = "EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPrHF"
STELLAR = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
EVM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # EIP-55
RIPPLE = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"

REFUSED = [
    # asset, network, address, what is wrong
    ("USDT", "BITCOIN", GENESIS, F.UNKNOWN_NETWORK),
    ("XYZ", "ETHEREUM", EVM, F.UNKNOWN_NETWORK),
    ("EUR", "ETHEREUM", EVM, F.UNKNOWN_NETWORK),
    ("BTC", "BANK", "DE89370400440532013000", F.UNKNOWN_NETWORK),
    ("ETH", "ETHEREUM", "0x" + "0" * 40, F.NOBODYS),
    ("ETH", "ETHEREUM", "0x" + "0" * 39 + "1", F.NOBODYS),
    ("ETH", "ETHEREUM", "0x000000000000000000000000000000000000dEaD", F.NOBODYS),
    ("ETH", "ETHEREUM", EVM.swapcase().replace("0X", "0x"), F.WRONG_CHECKSUM),
    ("ETH", "ETHEREUM", EVM[:-1], F.UNKNOWN_FORM),
    ("ETH", "ETHEREUM", EVM[2:], F.UNKNOWN_FORM),
    ("ETH", "ETHEREUM", GENESIS, F.UNKNOWN_FORM),
    ("BTC", "BITCOIN", "", F.UNKNOWN_FORM),
    ("BTC", "BITCOIN", "1", F.WRONG_CHECKSUM),
    ("BTC", "BITCOIN", "1" * 200, F.UNKNOWN_FORM),
    ("BTC", "BITCOIN", GENESIS[:-1] + "b", F.WRONG_CHECKSUM),
    ("BTC", "BITCOIN", GENESIS.replace("1e", "Ie"), F.UNKNOWN_FORM),
    ("BTC", "BITCOIN", "1111111111111111111114oLvT2", F.NOBODYS),
    ("BTC", "BITCOIN", TRON, F.OTHER_NETWORK),
    ("BTC", "BITCOIN", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", F.OTHER_NETWORK),
    # BIP 173 and BIP 350, invalid by their own lists.
    ("BTC", "BITCOIN", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", F.WRONG_CHECKSUM),
    ("BTC", "BITCOIN", "BC1SW50QA3JX3S", F.OTHER_NETWORK),
    ("BTC", "BITCOIN", "bc1rw5uspcuh", F.OTHER_NETWORK),
    ("BTC", "BITCOIN", "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", F.UNKNOWN_FORM),
    ("BTC", "BITCOIN", "bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du", F.OTHER_NETWORK),
    ("BTC", "BITCOIN", "bc1gmk9yu", F.OTHER_NETWORK),
    ("BTC", "BITCOIN", TAPROOT.replace("qzk5jj0", "qh2y7hd"), F.UNKNOWN_FORM),
    (
        "BTC",
        "BITCOIN",
        "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
        F.OTHER_NETWORK,
    ),
    ("BTC", "BITCOIN", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", F.UNKNOWN_FORM),
    (
        "BTC",
        "BITCOIN",
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
        F.UNKNOWN_FORM,
    ),
    ("BTC", "BITCOIN", "bc1pw5dgrnzv", F.UNKNOWN_FORM),
    (
        "BTC",
        "BITCOIN",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
        F.UNKNOWN_FORM,
    ),
    (
        "BTC",
        "BITCOIN",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
        F.UNKNOWN_FORM,
    ),
    ("BTC", "BITCOIN", P2WSH[:-1] + "V3", F.UNKNOWN_FORM),
    ("LTC", "LITECOIN", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", F.OTHER_NETWORK),
    ("LTC", "LITECOIN", P2WSH, F.UNKNOWN_FORM),
    ("DOGE", "DOGECOIN", GENESIS, F.OTHER_NETWORK),
    ("USDT", "TRON", GENESIS, F.OTHER_NETWORK),
    ("USDT", "TRON", TRON[:-1] + "u", F.WRONG_CHECKSUM),
    ("SOL", "SOLANA", "1" * 32, F.NOBODYS),
    ("SOL", "SOLANA", GENESIS, F.UNKNOWN_FORM),
    ("XRP", "XRP", "rrrrrrrrrrrrrrrrrrrrrhoLvTp", F.NOBODYS),
    ("XRP", "XRP", "X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqZ", F.UNKNOWN_FORM),
    ("XRP", "XRP", RIPPLE[:-1] + "i", F.WRONG_CHECKSUM),
    ("XLM", "STELLAR", STELLAR[:-1] + "A", F.WRONG_CHECKSUM),
    ("XLM", "STELLAR", STELLAR.lower(), F.UNKNOWN_FORM),
    ("XLM", "STELLAR", "M" + STELLAR[1:], F.UNKNOWN_FORM),
    ("TON", "TON", TON[:-1] + "G", F.WRONG_CHECKSUM),
    ("TON", "TON", "0:" + "a" * 64, F.UNKNOWN_FORM),
    ("ATOM", "COSMOS", "osmo1" + "q" * 38, F.WRONG_CHECKSUM),
    ("ATOM", "COSMOS", P2WSH, F.OTHER_NETWORK),
    ("EUR", "BANK", "DE89370400440532013001", F.WRONG_CHECKSUM),
    ("EUR", "BANK", "DE8937040044053201300", F.UNKNOWN_FORM),
    ("EUR", "BANK", "XX89370400440532013000", F.UNKNOWN_FORM),
    # Letters where the country has figures; the remainder fits by chance.
    ("EUR", "BANK", "DE893S0400440532013000", F.UNKNOWN_FORM),
    ("NOK", "BANK", "NO9386K11117947", F.UNKNOWN_FORM),
    ("EUR", "BANK", "D\u0415 89370400440532013000", F.UNKNOWN_FORM),
]
TAKEN = [
    ("ETH", "ethereum", EVM),
    ("USDC", "BASE", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
    ("ETH", "ETHEREUM", "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"),
    ("ETH", "ETHEREUM", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"),
    ("BTC", "BITCOIN", GENESIS),
    ("BTC", "BITCOIN", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    ("BTC", "BITCOIN", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    ("BTC", "BITCOIN", P2WSH),
    ("BTC", "BITCOIN", TAPROOT),
    ("LTC", "LITECOIN", "LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9"),
    ("DOGE", "DOGECOIN", "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L"),
    ("USDT", "TRON", TRON),
    ("SOL", "SOLANA", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"),
    ("XRP", "XRP", RIPPLE),
    ("XLM", "STELLAR", STELLAR),
    ("TON", "TON", TON),
    ("EUR", "BANK", "DE89370400440532013000"),
    ("GBP", "BANK", "GB29NWBK60161331926819"),
    ("NOK", "BANK", "NO9386011117947"),
    ("EUR", "BANK", "MT84MALT011000012345MTLCAST001S"),
]


@pytest.mark.parametrize(("asset", "network", "address", "fault"), REFUSED)
def test_what_cannot_be_paid_to_is_refused(
    asset: str, network: str, address: str, fault: AddressFault
) -> None:
    with pytest.raises(AddressRefusedError) as refused:
        address_check(asset, network, address)
    assert refused.value.fault == fault
    assert not address or len(address) < 4 or address not in str(refused.value)


@pytest.mark.parametrize(("asset", "network", "address"), TAKEN)
def test_published_addresses_are_taken_as_they_are(
    asset: str, network: str, address: str
) -> None:
    read = address_check(asset, network, f"  {address} ")
    assert (read.address, read.network) == (address, network.upper())
    assert read.is_checked == (network != "SOLANA")


@pytest.mark.parametrize(
    ("memo", "asset", "address", "fault"),
    [
        ("1", "BTC", GENESIS, F.MEMO_FORBIDDEN),
        ("4294967296", "XRP", RIPPLE, F.MEMO_UNREADABLE),
        ("-1", "XRP", RIPPLE, F.MEMO_UNREADABLE),
        ("007", "XRP", RIPPLE, F.MEMO_UNREADABLE),
        ("\u0661", "XRP", RIPPLE, F.MEMO_UNREADABLE),
        ("x" * 29, "XLM", STELLAR, F.MEMO_UNREADABLE),
        ("\u20ac" * 10, "XLM", STELLAR, F.MEMO_UNREADABLE),
        ("a\nb", "TON", TON, F.MEMO_UNREADABLE),
        ("1", "EUR", "DE89370400440532013000", F.MEMO_FORBIDDEN),
    ],
)
def test_a_memo_that_the_network_does_not_take_is_refused(
    memo: str, asset: str, address: str, fault: AddressFault
) -> None:
    with pytest.raises(AddressRefusedError) as refused:
        address_check(asset, networks_of(asset)[0], address, memo)
    assert refused.value.fault == fault


@pytest.mark.parametrize(
    ("memo", "asset", "address"),
    [("4294967295", "XRP", RIPPLE), ("0", "XRP", RIPPLE), ("for Cem", "XLM", STELLAR)],
)
def test_a_memo_is_kept(memo: str, asset: str, address: str) -> None:
    assert address_check(asset, networks_of(asset)[0], address, memo).memo == memo


@pytest.mark.parametrize("form", [str.lower, str.upper])
def test_an_address_without_capitals_gets_them_and_says_so(form) -> None:
    typed = "0x" + form(EVM[2:])
    read = address_check("ETH", "ETHEREUM", typed)
    assert (read.address, read.is_checked) == (EVM, False)


def test_the_two_forms_of_one_ton_address_are_one() -> None:
    plain = TON.replace("-", "+").replace("_", "/")
    assert address_check("TON", "TON", plain).address == TON


def test_an_iban_is_read_with_its_spaces() -> None:
    read = address_check("EUR", "BANK", "de89 3704 0044 0532 0130 00")
    assert read.address == "DE89370400440532013000"
    groups = ["DE89", "3704", "0044", "0532", "0130", "00"]
    assert address_groups(read.address) == groups


CHECKED = [one for one in TAKEN if one[1] not in {"SOLANA", "ethereum", "BASE"}]


@given(st.sampled_from(CHECKED), st.data())
def test_no_single_mistyping_of_a_checked_address_passes(
    known: tuple[str, str, str], data: st.DataObject
) -> None:
    asset, network, address = known
    if network == "ETHEREUM":
        return  # Capitals find most errors, not all: what they promise is no more.
    at = data.draw(st.integers(0, len(address) - 1))
    letter = data.draw(st.sampled_from(BITCOIN_ALPHABET + "0OIl"))
    typed = address[:at] + letter + address[at + 1 :]
    if typed in {address, address.upper(), address.lower()}:
        return
    if network == "BANK" and letter.isdigit() != address[at].isdigit():
        return  # Where both may stand, a letter counts as two figures.
    if network == "TON" and typed.translate(str.maketrans("-_", "+/")) == address:
        return
    try:
        read = address_check(asset, network, typed)
    except AddressRefusedError:
        return
    assert read.address == address


@given(st.text(max_size=100), st.sampled_from(sorted({one[:2] for one in TAKEN})))
def test_no_text_ends_in_anything_but_a_refusal(
    text: str, where: tuple[str, str]
) -> None:
    with suppress(AddressRefusedError):
        address_check(*where, text)
