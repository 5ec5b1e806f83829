"""Where a request really comes from."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address our outermost proxy saw, or the peer itself without proxies.

    Each proxy of ours adds the address it was called from at the end of
    X-Forwarded-For; what stands before those entries is the client's own word. A
    request with fewer entries came past the proxies: its peer counts.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    proxies: int = settings.TRUSTED_PROXIES
    if proxies <= 0:
        return peer
    header = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    hops = [hop.strip() for hop in header.split(",")] if header else []
    return hops[-proxies] if len(hops) >= proxies else peer
