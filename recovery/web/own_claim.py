"""Pages of one claim, behind a claim session: status, answer, withdraw, leave."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from recovery.domain.errors import RecoveryError
from recovery.models import Claim
from recovery.selectors.claim_sessions import session_claim
from recovery.selectors.claims import StatusView, status_view
from recovery.services.claims import claim_answer, claim_leave, claim_withdraw
from recovery.services.clock import database_now
from recovery.web import cookies
from recovery.web.forms import AnswerForm
from recovery.web.pages import get_or_post

ClaimView = Callable[[HttpRequest, Claim], HttpResponse]


def behind_code(view: ClaimView) -> Callable[[HttpRequest], HttpResponse]:
    """Give the view the claim of the session, or lead to the entrance."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        token = cookies.cookie_read(request, cookies.SESSION)
        claim = session_claim(token)
        if claim is None:
            response = redirect("claims:enter")
            cookies.cookie_drop(response, cookies.SESSION)
            return response
        return view(request, claim)

    return guarded


@require_safe
@behind_code
def status(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Where it is, whether anything is needed, when to hear next."""
    return _status_page(request, claim, AnswerForm())


@require_POST
@behind_code
def answer(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Take the answer to our question."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _status_page(request, claim, form, status=400)
    try:
        claim_answer(claim, form.cleaned_data["answer"], now=database_now())
    except RecoveryError:
        # Answered in another window: the page as it is now says so best.
        return _status_page(request, claim, AnswerForm(), status=409)
    return redirect("claims:status")


@get_or_post
@behind_code
def withdraw(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Ask once more, then take the claim back."""
    view = _view(claim)
    if view is None or not view.can_withdraw:
        return redirect("claims:status")
    if request.method != "POST":
        return render(request, "claims/withdraw.html", {"claim": claim})
    try:
        claim_withdraw(claim, now=database_now())
    except RecoveryError:
        return _status_page(request, claim, AnswerForm(), status=409)
    return redirect("claims:status")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the claim session."""
    claim_leave(cookies.cookie_read(request, cookies.SESSION), now=database_now())
    response = redirect("claims:home")
    cookies.cookie_drop(response, cookies.SESSION)
    return response


def _view(claim: Claim) -> StatusView | None:
    if claim.case is None:
        return None
    return status_view(claim.case, now=database_now())


def _status_page(
    request: HttpRequest, claim: Claim, form: AnswerForm, status: int = 200
) -> HttpResponse:
    if claim.case is not None and status == 409:
        claim.case.refresh_from_db()
    context = {"claim": claim, "view": _view(claim), "form": form}
    return render(request, "claims/status.html", context, status=status)
