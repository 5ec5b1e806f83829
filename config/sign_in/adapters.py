"""What the sign-in library may do here: sign people in, and nothing else."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.factor_secrets import secret_open, secret_seal
from accounts.models import User
from accounts.second_factor import has_strong_factor
from recovery.web.client_address import client_address

_LIBRARYS_STAGE = "allauth.mfa.stages.AuthenticateStage"
_OUR_STAGE = "config.sign_in.stages.SecondFactorStage"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Local sign-in. Nobody signs up: people are named by others."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_login_stages(self) -> list[str]:
        """The library's steps with our own second factor among them."""
        stages = super().get_login_stages()
        return [_OUR_STAGE if one == _LIBRARYS_STAGE else one for one in stages]

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address the lock-out counts by."""
        return client_address(request)

    def get_reauthentication_methods(
        self, user: User | AnonymousUser
    ) -> list[dict[str, Any]]:
        """A second factor where there is one: the password alone confirms nothing."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not isinstance(user, User) or not has_strong_factor(user):
            return methods
        return [one for one in methods if one["id"] != "reauthenticate"]


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: encrypted at rest; the last cannot be removed by its owner."""

    def encrypt(self, text: str) -> str:
        """Secrets of code generators and recovery codes, as they are stored."""
        return secret_seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret itself."""
        return secret_open(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whether another strong factor remains."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(
            pk=authenticator.pk
        )
        return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())
