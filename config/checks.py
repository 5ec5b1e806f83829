"""What `check --deploy` asks of our own settings."""

from typing import Any

from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Error,
    Tags,
    Warning,  # noqa: A004 - Django's own name for it
    register,
)


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


@register(Tags.security)
def no_fail_point_is_armed(**_kwargs: Any) -> list[CheckMessage]:
    """A server must not be told where to kill itself, though it would not listen."""
    if settings.FAIL_AT and not settings.IS_LOCAL_HTTP:
        return [
            Error(
                "FAIL_AT is set: it is for tests on one machine only.",
                hint="Unset it.",
                id="desk.E001",
            )
        ]
    return []
