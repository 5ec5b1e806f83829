"""The step between password and session: the second factor."""

from typing import Any

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from accounts.second_factor import second_factor_vouched
from config.sign_in.claims import proved_several_factors
from recovery.services.clock import database_now


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]
    """Asks for a local factor unless the provider says it asked for several itself."""

    def _should_handle(self, request: HttpRequest) -> bool:
        kwargs: dict[str, Any] = self.login.signal_kwargs or {}
        social = kwargs.get("sociallogin")
        if social is not None and proved_several_factors(social.account.extra_data):
            second_factor_vouched(request, self.login.user, at=database_now())
            return False
        return bool(super()._should_handle(request))
