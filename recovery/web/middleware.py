"""Headers of the claim pages, on every answer there, refusals included."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

CLAIM_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": CLAIM_CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


class ClaimPagesMiddleware:
    """Set the headers of claim pages; stands above the CSRF check."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the headers where they belong."""
        if not is_claim_path(request.path_info):
            return self.get_response(request)
        _restore_own_origin(request)
        response = self.get_response(request)
        for name, value in _HEADERS.items():
            response.headers[name] = value
        return response


def is_claim_path(path: str) -> bool:
    """Whether a path is one of the customer's pages."""
    return path == "/" or path.startswith("/claims/")


def _restore_own_origin(request: HttpRequest) -> None:
    """Undo what our own no-referrer does to our own forms.

    Under that policy browsers send `Origin: null` with a form post, which the CSRF
    check refuses. The browser itself says in Sec-Fetch-Site whether the form is ours;
    where it says nothing (before 2023) the token alone decides.
    """
    is_hidden = request.META.get("HTTP_ORIGIN") == "null"
    if is_hidden and request.META.get("HTTP_SEC_FETCH_SITE", "") in {"", "same-origin"}:
        request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"
