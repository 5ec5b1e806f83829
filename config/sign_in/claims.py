"""What the identity provider says of a person, read in one place."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from accounts.roles import Role

_Claims = Mapping[str, Any]


def claim_of(extra_data: _Claims, name: str) -> Any:
    """One claim: the signed token's word before the user page's."""
    for part in ("id_token", "userinfo"):
        found = (extra_data.get(part) or {}).get(name)
        if found is not None:
            return found
    return None


def proved_several_factors(extra_data: _Claims) -> bool:
    """Whether the token itself says that several factors were asked for."""
    token = extra_data.get("id_token") or {}
    methods = _words(token.get("amr"))
    return bool(methods & settings.OIDC_MFA_AMR) or (
        token.get("acr") in settings.OIDC_MFA_ACR
    )


def roles_of_groups(extra_data: _Claims) -> frozenset[Role]:
    """The roles a person's groups stand for."""
    groups = _words(claim_of(extra_data, settings.OIDC_GROUPS_CLAIM))
    pairs = settings.OIDC_ROLE_MAP
    return frozenset(role for group, role in pairs if group in groups)


def _words(value: Any) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, Iterable):
        return frozenset(str(one) for one in value)
    return frozenset()
