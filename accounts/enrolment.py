"""The link by which somebody named by others chooses a first password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse

from accounts.models import User


def enrolment_path(user: User) -> str:
    """Where this person enrols; the link dies with its use and after a day."""
    key = default_token_generator.make_token(user)
    path: str = reverse(
        "account_reset_password_from_key", args=[user_pk_to_url_str(user), key]
    )
    return path
