"""People of tests who are signed in properly: the second factor was asked just now."""

import time
from datetime import datetime

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client

from accounts.models import User
from recovery.services.actors import Actor, staff_actor


def acting(user: User, at: datetime) -> Actor:
    """Give the actor of somebody who proved a second factor at this instant."""
    return staff_actor(user, confirmed_at=at)


def signed_in(user: User, *, factor_age_seconds: float = 0) -> Client:
    """Give a client of somebody whose session proved a second factor."""
    client = Client()
    client.force_login(user)
    prove_factor(client, user, factor_age_seconds=factor_age_seconds)
    return client


def prove_factor(
    client: Client, user: User, *, factor_age_seconds: float = 0, kind: str = "totp"
) -> None:
    """Write into a session what the sign-in writes after a right code."""
    session = client.session
    proof = {"method": "mfa", "type": kind, "at": time.time() - factor_age_seconds}
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [proof]
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(user.pk)
    session.save()
