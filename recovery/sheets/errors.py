"""Refusals of whole files."""

from recovery.domain.errors import RecoveryError


class SheetError(RecoveryError):
    """A source file or an output file cannot be handled."""


class FileRefusedError(SheetError):
    """The source file is refused as a whole.

    Attributes:
        code: stable word for programs and translations.
        reason: what is wrong and where, one sentence.
        remedy: what the sender can do about it.
    """

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.code = code
        self.reason = reason
        self.remedy = remedy


class CellTooLongError(SheetError):
    """A text does not fit into a workbook cell and is never cut."""

    code = "cell_too_long"
