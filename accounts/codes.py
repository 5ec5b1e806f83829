"""Six-digit codes: give a person a code generator, say its current code."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.mfa.utils import decrypt

from accounts.factor_secrets import is_sealed, secret_seal
from accounts.models import User

PERIOD_SECONDS = 30
# Of a code generator, and of recovery codes.
_SECRETS = frozenset({"secret", "seed"})


def code_generator_make(user: User) -> str:
    """Give a person a code generator.

    Returns:
        Its secret, as an authenticator app takes it.
    """
    secret: str = auth.generate_totp_secret()
    auth.TOTP.activate(user, secret)
    return secret


def factors_seal(user: User) -> None:
    """Encrypt what an earlier version of the desk stored in clear."""
    for factor in Authenticator.objects.filter(user=user):
        clear = {
            name: value
            for name, value in factor.data.items()
            if name in _SECRETS and isinstance(value, str) and not is_sealed(value)
        }
        if clear:
            sealed = {name: secret_seal(value) for name, value in clear.items()}
            factor.data = {**factor.data, **sealed}
            factor.save(update_fields=["data"])


def code_now(user: User) -> str | None:
    """The code a person's generator shows now; None without a generator."""
    found = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.TOTP
    ).first()
    if found is None:
        return None
    counter = int(time.time()) // PERIOD_SECONDS
    return str(
        auth.format_hotp_value(auth.hotp_value(decrypt(found.data["secret"]), counter))
    )
