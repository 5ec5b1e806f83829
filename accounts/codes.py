"""Six-digit codes: give a person a code generator, say its current code."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth

from accounts.models import User

PERIOD_SECONDS = 30


def code_generator_make(user: User) -> str:
    """Give a person a code generator.

    Returns:
        Its secret, as an authenticator app takes it.
    """
    secret: str = auth.generate_totp_secret()
    auth.TOTP.activate(user, secret)
    return secret


def code_now(user: User) -> str | None:
    """The code a person's generator shows now; None without a generator."""
    found = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.TOTP
    ).first()
    if found is None:
        return None
    counter = int(time.time()) // PERIOD_SECONDS
    return str(auth.format_hotp_value(auth.hotp_value(found.data["secret"], counter)))
