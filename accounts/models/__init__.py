"""Tables of people: staff, their sessions, customers, trading accounts, destinations."""

from accounts.models.customers import Customer, Destination, TradingAccount
from accounts.models.sessions import SessionEnd, StaffSession
from accounts.models.staff import RoleGrant, User

__all__ = [
    "Customer",
    "Destination",
    "RoleGrant",
    "SessionEnd",
    "StaffSession",
    "TradingAccount",
    "User",
]
