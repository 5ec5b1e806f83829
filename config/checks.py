"""What `check --deploy` asks of our own settings."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004


@register(Tags.security, deploy=True)
def proxies_are_counted(**_kwargs: Any) -> list[CheckMessage]:
    """Behind a proxy every client has the proxy's address, unless it is counted."""
    has_proxy = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) is not None
    if has_proxy and settings.TRUSTED_PROXIES <= 0:
        return [
            Warning(
                "BEHIND_TLS_PROXY is set, TRUSTED_PROXIES is not: all clients share"
                " one address and one rate limit.",
                hint="Say how many proxies add to X-Forwarded-For.",
                id="desk.W001",
            )
        ]
    return []
