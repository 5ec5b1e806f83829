"""Why an address is refused."""

from enum import StrEnum


class AddressFault(StrEnum):
    """What is wrong with an address, its memo or its network."""

    UNKNOWN_NETWORK = "unknown_network"
    UNKNOWN_FORM = "unknown_form"
    WRONG_CHECKSUM = "wrong_checksum"
    OTHER_NETWORK = "other_network"
    NOBODYS = "nobodys"  # What is sent there is lost for good.
    MEMO_FORBIDDEN = "memo_forbidden"
    MEMO_UNREADABLE = "memo_unreadable"


class AddressRefusedError(ValueError):
    """This address cannot be paid to."""

    code = "address_refused"

    def __init__(self, fault: AddressFault, why: str) -> None:
        """Keep what is wrong; the sentence never quotes the address."""
        super().__init__(why)
        self.fault = fault
