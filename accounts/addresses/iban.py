"""International bank account numbers: length by country, remainder 1 modulo 97."""

import re
from types import MappingProxyType

from accounts.addresses.errors import AddressFault, AddressRefusedError

_FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# Country: how many characters (registry of ISO 13616).
_LENGTHS = MappingProxyType(
    {
        word[:2]: int(word[2:])
        for word in [
            "AD24",
            "AE23",
            "AL28",
            "AT20",
            "AZ28",
            "BA20",
            "BE16",
            "BG22",
            "BH22",
            "BI27",
            "BR29",
            "BY28",
            "CH21",
            "CR22",
            "CY28",
            "CZ24",
            "DE22",
            "DJ27",
            "DK18",
            "DO28",
            "EE20",
            "EG29",
            "ES24",
            "FI18",
            "FK18",
            "FO18",
            "FR27",
            "GB22",
            "GE22",
            "GI23",
            "GL18",
            "GR27",
            "GT28",
            "HR21",
            "HU28",
            "IE22",
            "IL23",
            "IQ23",
            "IS26",
            "IT27",
            "JO30",
            "KW30",
            "KZ20",
            "LB28",
            "LC32",
            "LI21",
            "LT20",
            "LU20",
            "LV21",
            "LY25",
            "MC27",
            "MD24",
            "ME22",
            "MK19",
            "MN20",
            "MR27",
            "MT31",
            "MU30",
            "NI28",
            "NL18",
            "NO15",
            "OM23",
            "PK24",
            "PL28",
            "PS29",
            "PT25",
            "QA29",
            "RO24",
            "RS22",
            "RU33",
            "SA24",
            "SC31",
            "SD18",
            "SE24",
            "SI19",
            "SK24",
            "SM27",
            "SO23",
            "ST25",
            "SV28",
            "TL23",
            "TN24",
            "TR26",
            "UA29",
            "VA22",
            "VG24",
            "XK20",
            "YE30",
        ]
    }
)

# Countries whose accounts are so many letters and then digits alone (same registry):
# a letter among the digits can pass the remainder by chance.
_LETTERS_FIRST = MappingProxyType(
    {
        **dict.fromkeys(
            [
                "AE",
                "AT",
                "BA",
                "BE",
                "BI",
                "CR",
                "CZ",
                "DE",
                "DJ",
                "DK",
                "EE",
                "EG",
                "ES",
                "FI",
                "FO",
                "GL",
                "HR",
                "HU",
                "IL",
                "IS",
                "LT",
                "LY",
                "ME",
                "MN",
                "MR",
                "NO",
                "PL",
                "PT",
                "RS",
                "SD",
                "SE",
                "SI",
                "SK",
                "SO",
                "ST",
                "TL",
                "TN",
                "VA",
                "XK",
            ],
            0,
        ),
        **dict.fromkeys(["FK", "GE"], 2),
        **dict.fromkeys(["GB", "IE", "IQ", "NI", "NL", "SV", "VG"], 4),
    }
)


def iban_read(text: str) -> str:
    """An IBAN without spaces, in capitals.

    Raises:
        AddressRefusedError: Not an IBAN, another length than its country's, or check
            figures that do not fit.
    """
    compact = "".join(text.split()).upper()
    if not (compact.isascii() and _FORM.fullmatch(compact)):
        raise AddressRefusedError(AddressFault.UNKNOWN_FORM, "This is not an IBAN.")
    country = compact[:2]
    if _LENGTHS.get(country) != len(compact):
        raise AddressRefusedError(
            AddressFault.UNKNOWN_FORM,
            f"An IBAN of {country} has another length, or the country has none.",
        )
    letters = _LETTERS_FIRST.get(country)
    if letters is not None and not re.fullmatch(
        f"[A-Z]{{{letters}}}[0-9]+", compact[4:]
    ):
        raise AddressRefusedError(
            AddressFault.UNKNOWN_FORM,
            f"An IBAN of {country} has no letter in this place, or lacks one.",
        )
    turned = compact[4:] + compact[:4]
    if int("".join(str(int(one, 36)) for one in turned)) % 97 != 1:
        raise AddressRefusedError(
            AddressFault.WRONG_CHECKSUM,
            "The check figures do not fit: a character is wrong or swapped.",
        )
    return compact
