"""What can be wrong with a case, and how it is said."""


class CaseFieldError(ValueError):
    """A field of the case must be refused."""

    code = "case_field_refused"

    def __init__(self, field: str, reason: str) -> None:
        """Keep the path of the offending value and the reason in plain words."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class CaseUnsupportedError(ValueError):
    """The case asks for a rule that is known but not modelled."""

    code = "case_unsupported"

    def __init__(self, key: str, value: str) -> None:
        """Keep the key and the value that are not modelled."""
        super().__init__(f"{key} {value}")
        self.key = key
        self.value = value


class DocumentRefusedError(ValueError):
    """The document as a whole cannot be read."""

    code = "case_document_refused"

    def __init__(self, reason: str) -> None:
        """Keep the reason in plain words."""
        super().__init__(reason)
        self.reason = reason


class InvariantBrokenError(ArithmeticError):
    """A sum that must close does not."""

    code = "invariant_broken"

    def __init__(self, invariant: str, difference: object) -> None:
        """Keep the name of the invariant and by how much it fails."""
        super().__init__(f"{invariant} is off by {difference}")
        self.invariant = invariant
        self.difference = difference
