"""Reads what the environment says of signing in and of the identity provider."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

from accounts.roles import Role
from config.env import EnvironmentValueError, env_list, env_secret, env_str

PROVIDER_ID = "house"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


_WORD_MIN = 32


def factor_keys_from_env() -> tuple[str, ...]:
    """Read FACTOR_KEYS, long random words parted by commas.

    Raises:
        EnvironmentValueError: A word is too short to be a secret.
    """
    words = tuple(word.strip() for word in (env_secret("FACTOR_KEYS") or "").split(","))
    if words == ("",):
        return ()
    if min(map(len, words)) < _WORD_MIN:
        expected = f"words of {_WORD_MIN} characters or more"
        raise EnvironmentValueError("FACTOR_KEYS", expected)
    return words


def office_networks_from_env() -> tuple[IPv4Network | IPv6Network, ...]:
    """Read OFFICE_NETWORKS, networks such as 192.0.2.0/24 parted by commas.

    Raises:
        EnvironmentValueError: One of them is no network.
    """
    try:
        return tuple(ip_network(word) for word in env_list("OFFICE_NETWORKS"))
    except ValueError as error:
        expected = "networks such as 192.0.2.0/24"
        raise EnvironmentValueError("OFFICE_NETWORKS", expected) from error


def role_map_from_env() -> tuple[tuple[str, Role], ...]:
    """Read OIDC_ROLE_MAP, `group=role` parted by commas; a group may stand twice.

    Raises:
        EnvironmentValueError: No `=`, an empty group, or no such role.
    """
    pairs = []
    for pair in env_list("OIDC_ROLE_MAP"):
        group, _, role = (part.strip() for part in pair.rpartition("="))
        if not group or role not in set(Role):
            raise EnvironmentValueError("OIDC_ROLE_MAP", "group=role,… of known roles")
        pairs.append((group, Role(role)))
    return tuple(pairs)


def providers_from_env() -> dict[str, Any]:
    """The provider as the sign-in library takes it; nothing when none is named.

    Raises:
        EnvironmentValueError: Plain HTTP to another machine, or no client id.
    """
    issuer = env_str("OIDC_ISSUER")
    if not issuer:
        return {}
    address = urlsplit(issuer)
    if address.scheme != "https" and address.hostname not in _LOOPBACK:
        raise EnvironmentValueError("OIDC_ISSUER", "an https address")
    client_id = env_str("OIDC_CLIENT_ID")
    if not client_id:
        raise EnvironmentValueError("OIDC_CLIENT_ID", "the client id at OIDC_ISSUER")
    app = {
        "provider_id": PROVIDER_ID,
        "name": env_str("OIDC_NAME", "the house's sign-in"),
        "client_id": client_id,
        "secret": env_secret("OIDC_CLIENT_SECRET") or "",
        "settings": {"server_url": issuer},
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}
