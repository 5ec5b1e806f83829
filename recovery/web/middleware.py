"""What claim pages need before the CSRF check: our own forms known as our own."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class ClaimPagesMiddleware:
    """Restore the origin of our own claim forms; stands above the CSRF check."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, once the origin is back."""
        if is_claim_path(request.path_info):
            _restore_own_origin(request)
        return self.get_response(request)


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
