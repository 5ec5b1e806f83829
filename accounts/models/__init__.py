"""Tables of people: staff, their sessions, customers, accounts, destinations."""

from accounts.models.contacts import (
    ContactChange,
    ContactChangeStatus,
    PersonalLook,
)
from accounts.models.customers import Customer, TradingAccount
from accounts.models.destinations import (
    CoolDown,
    Destination,
    DestinationStatus,
    ScreeningResult,
)
from accounts.models.sessions import SessionEnd, StaffSession
from accounts.models.staff import RoleGrant, User

__all__ = [
    "ContactChange",
    "ContactChangeStatus",
    "CoolDown",
    "Customer",
    "Destination",
    "DestinationStatus",
    "PersonalLook",
    "RoleGrant",
    "ScreeningResult",
    "SessionEnd",
    "StaffSession",
    "TradingAccount",
    "User",
]
