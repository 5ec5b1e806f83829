"""Roles that staff hold. What a role may do is decided in recovery, not here."""

from enum import StrEnum


class Role(StrEnum):
    """A staff role (ANCHORS §4.2)."""

    SUPPORT = "support"  # Talks to customers, takes and works cases.
    ANALYST = "analyst"  # Recomputes, explains breaks, proposes decisions.
    LEAD = "lead"  # Leads the desk: reopens, reviews, activates rules.
    MAKER = "maker"  # Finance: proposes payments, builds batches.
    CHECKER = "checker"  # Finance: approves decisions, payments and batches.
    COMPLIANCE = "compliance"  # Holds and releases, sees why.
    AUDITOR = "auditor"  # Reads everything, changes nothing.
    ADMIN = "admin"  # Configures people and settings; may never move money.


class GrantSource(StrEnum):
    """Who says that a person holds a role."""

    PERSON = "person"  # An administrator granted it.
    FOUNDING = "founding"  # One of the first three people of the desk.
    PROVIDER = "provider"  # A group at the identity provider stands for it.


class ClientClass(StrEnum):
    """Regulatory class of a customer; decides who bears a deficit."""

    RETAIL = "retail"
    PROFESSIONAL = "professional"
    INSTITUTIONAL = "institutional"


class AccountKind(StrEnum):
    """What kind of margin scope a trading account is."""

    UNKNOWN = "unknown"  # First seen in a file, nobody said yet.
    ISOLATED_FUTURES = "isolated_futures"
    CROSS_FUTURES = "cross_futures"
    ISOLATED_MARGIN = "isolated_margin"
    CROSS_MARGIN = "cross_margin"
    UNIFIED = "unified"


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    """Words of an enum as Django choices, label in plain English."""
    return [(word.value, word.value.replace("_", " ").capitalize()) for word in words]
