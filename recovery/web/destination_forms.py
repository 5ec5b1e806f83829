"""The form a customer proposes a destination with: refusals say what to mend."""

from typing import Any

from django import forms

from accounts.addresses.checks import (
    CheckedAddress,
    address_check,
    memo_name,
    network_title,
    networks_of,
)
from accounts.addresses.errors import AddressFault, AddressRefusedError
from recovery.services.destinations import Wanted

_FIELD_OF = {
    AddressFault.UNKNOWN_NETWORK: "place",
    AddressFault.MEMO_FORBIDDEN: "memo",
    AddressFault.MEMO_UNREADABLE: "memo",
}


class DestinationForm(forms.Form):
    """Asset and network in one choice, the address, its memo where a network has one."""

    place = forms.ChoiceField(
        label="What, and on which network",
        help_text="Take the network your wallet or platform names for receiving. On "
        "another network the money can be lost.",
        error_messages={
            "required": "Choose a network.",
            "invalid_choice": "Choose one of the networks of this list.",
        },
    )
    address = forms.CharField(
        label="Address",
        max_length=120,
        help_text="Copy it whole; do not type it by hand. Never send a private key, a "
        "seed phrase or a password.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "class": "code",
            }
        ),
        error_messages={"required": "Enter the address."},
    )
    memo = forms.CharField(label="Memo", max_length=256, required=False)

    checked: CheckedAddress

    def __init__(self, data: Any = None, *, assets: list[str]) -> None:
        super().__init__(data)
        places = [(asset, one) for asset in assets for one in networks_of(asset)]
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            ("", "Choose…"),
            *(
                (f"{asset}/{network}", f"{asset}, {network_title(network)}")
                for asset, network in places
            ),
        ]
        marks = {network: memo_name(network) for _, network in places}
        self._tell_memo({one: name for one, name in marks.items() if name})
        if all(network == "BANK" for _, network in places):
            self.fields["address"].label = "IBAN of your own bank account"

    def _tell_memo(self, marks: dict[str, str]) -> None:
        if not marks:
            del self.fields["memo"]
            return
        self.fields["memo"].label = " or ".join(
            sorted(set(marks.values()))
        ).capitalize()
        names = ", ".join(network_title(network) for network in sorted(marks))
        self.fields["memo"].help_text = (
            f"Only on {names}, and only if whoever receives it gave you one. A platform "
            "that gave you one loses money that comes without it."
        )

    def clean(self) -> dict[str, Any]:
        """Ask the check figures; what is wrong is said at its field."""
        cleaned = super().clean() or {}
        if cleaned.get("place") and cleaned.get("address"):
            wanted = self.wanted()
            try:
                self.checked = address_check(
                    wanted.asset, wanted.network, wanted.address, wanted.memo
                )
            except AddressRefusedError as error:
                field = _FIELD_OF.get(error.fault, "address")
                self.add_error(field if field in self.fields else "address", str(error))
        return cleaned

    def wanted(self) -> Wanted:
        """What was asked for, as the service takes it."""
        asset, _, network = self.cleaned_data["place"].partition("/")
        return Wanted(
            asset,
            network,
            self.cleaned_data["address"],
            self.cleaned_data.get("memo", ""),
        )
