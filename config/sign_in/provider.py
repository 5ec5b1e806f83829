"""Signing in by the house's identity provider: who it is, which roles their groups give.

The provider says who somebody is by one claim, the employer's own id; a mail address
alone never connects anybody to an account here.
"""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render

from accounts.models import User
from config.sign_in.claims import claim_of, roles_of_groups
from recovery.domain.errors import RecoveryError
from recovery.services.clock import database_now
from recovery.services.people import NewStaff, roles_follow_groups, staff_hire

_LOGIN_MAX = 80


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets in whom the provider knows and whose groups stand for a role."""

    def is_open_for_signup(self, _request: HttpRequest, _login: SocialLogin) -> bool:
        """Never by a form: people are made here, from the token."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find or make the member of staff; let the roles follow the groups."""
        said = sociallogin.account.extra_data
        if sociallogin.state.get("process") != "login":
            raise _refusal(request, "Only signing in goes by the provider.")
        try:
            user = sociallogin.user if sociallogin.is_existing else _person(said)
        except RecoveryError as error:
            raise _refusal(request, str(error)) from error
        if user is None:
            raise _refusal(request, "None of your groups gives a role on this desk.")
        roles_follow_groups(
            user,
            wanted=roles_of_groups(said),
            governed=frozenset(role for _, role in settings.OIDC_ROLE_MAP),
            now=database_now(),
        )
        if not sociallogin.is_existing:
            sociallogin.connect(request, user)


def _person(said: dict[str, Any]) -> User | None:
    """The member of staff with the provider's id; a new one if groups give a role."""
    person_id = str(claim_of(said, settings.OIDC_PERSON_CLAIM) or "")
    if not person_id:
        return None
    known = User.objects.filter(person_id=person_id).first()
    if known is not None or not roles_of_groups(said):
        return known
    name = str(claim_of(said, "preferred_username") or person_id)
    return staff_hire(
        NewStaff(
            login=name[:_LOGIN_MAX],
            mail=str(claim_of(said, "email") or ""),
            full_name=str(claim_of(said, "name") or name)[:120],
            person_id=person_id,
        )
    )


def _refusal(request: HttpRequest, why: str) -> ImmediateHttpResponse:
    page = render(request, "account/refused.html", {"why": why}, status=403)
    return ImmediateHttpResponse(page)
