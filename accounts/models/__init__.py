"""Tables of people: staff, customers, trading accounts, destinations."""

from accounts.models.customers import Customer, Destination, TradingAccount
from accounts.models.staff import RoleGrant, User

__all__ = ["Customer", "Destination", "RoleGrant", "TradingAccount", "User"]
