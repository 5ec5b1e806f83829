"""Choosing a first password: the link, and the clean slate before a new one."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.urls import reverse

from accounts.models import User


def enrolment_path(user: User) -> str:
    """Where this person enrols; the link dies with its use and after a day."""
    key = default_token_generator.make_token(user)
    path: str = reverse(
        "account_reset_password_from_key", args=[user_pk_to_url_str(user), key]
    )
    return path


def credentials_forget(user: User) -> None:
    """Take password, factors and open sessions away."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
