"""Pages anybody may open: what this is, file a claim, ask for a code, enter it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from recovery.domain.claims import claim_reference_read
from recovery.models import LimitedAct
from recovery.selectors.claim_matching import claim_is_being_entered
from recovery.services.claims import (
    CODE_LIFE,
    claim_enter,
    claim_receive,
    claim_request_code,
)
from recovery.services.clock import database_now
from recovery.services.rate_limits import WINDOW, rate_limit_take
from recovery.services.transitions import NEXT_UPDATE
from recovery.tasks import ring
from recovery.web import cookies
from recovery.web.client_address import client_address
from recovery.web.forms import CodeForm, FileClaimForm, ReferenceForm

_TOO_MANY = (
    "More claims are coming in than we can take right now, so this one was not filed. "
    "What you typed is still here: please send it again in an hour."
)
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is and lead on."""
    return render(request, "claims/home.html")


@get_or_post
@sensitive_post_parameters()
def file_claim(request: HttpRequest) -> HttpResponse:
    """File a claim; the answer is the same whatever it matches."""
    form = FileClaimForm(request.POST if request.method == "POST" else None)
    if not (form.is_bound and form.is_valid()):
        return _form_page(request, "claims/file.html", form)
    if not rate_limit_take(LimitedAct.CLAIM_FILING, client_address(request)):
        return _too_many(request, form)
    received = claim_receive(form.filing(), now=database_now())
    ring(received.job)
    response = redirect("claims:filed")
    cookies.cookie_write(response, cookies.FILED, received.claim.reference)
    return response


@require_safe
def filed(request: HttpRequest) -> HttpResponse:
    """Confirm what was filed; a moment later it can be checked."""
    reference = cookies.cookie_read(request, cookies.FILED)
    if not reference:
        return redirect("claims:enter")
    now = database_now()
    context = {
        "reference": reference,
        "next_on": (now + NEXT_UPDATE).date(),
        "is_being_entered": claim_is_being_entered(reference, now=now),
    }
    return render(request, "claims/filed.html", context)


@get_or_post
@sensitive_post_parameters()
def enter(request: HttpRequest) -> HttpResponse:
    """Take a reference; a code goes to the mail on file, if there is one."""
    form = ReferenceForm(request.POST if request.method == "POST" else None)
    if not (form.is_bound and form.is_valid()):
        return _form_page(request, "claims/enter.html", form)
    reference = claim_reference_read(form.cleaned_data["reference"])
    browser = cookies.cookie_read(request, cookies.BROWSER)
    browser = browser or cookies.new_browser_key()
    # Over the limit no code leaves, and the answer is the same.
    if rate_limit_take(LimitedAct.CODE_REQUEST, client_address(request)):
        claim_request_code(reference, browser, now=database_now())
    response = redirect("claims:code")
    cookies.cookie_write(response, cookies.BROWSER, browser)
    cookies.cookie_write(response, cookies.ASKED, reference)
    return response


@get_or_post
@sensitive_post_parameters()
def code(request: HttpRequest) -> HttpResponse:
    """Take the code; a right one opens the claim for 15 minutes."""
    reference = cookies.cookie_read(request, cookies.ASKED)
    browser = cookies.cookie_read(request, cookies.BROWSER)
    if not (reference and browser):
        return redirect("claims:enter")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        # Over the limit even the right code is answered like a wrong one.
        is_within = rate_limit_take(LimitedAct.CODE_ENTRY, client_address(request))
        token = is_within and claim_enter(
            reference, form.cleaned_data["code"], browser, now=database_now()
        )
        if token:
            response = redirect("claims:status")
            cookies.cookie_write(response, cookies.SESSION, token)
            cookies.cookie_drop(response, cookies.ASKED, cookies.BROWSER)
            return response
        form.add_error(
            "code", "This code does not open the claim. Check it, or ask for a new one."
        )
    return _form_page(
        request,
        "claims/code.html",
        form,
        reference=reference,
        minutes=int(CODE_LIFE.total_seconds() // 60),
    )


def _too_many(request: HttpRequest, form: FileClaimForm) -> HttpResponse:
    """Say that nothing was filed, whatever it would have matched; keep what was typed.

    A silent answer with a reference would let somebody wait for a claim that is not
    there.
    """
    form.add_error(None, _TOO_MANY)
    response = render(request, "claims/file.html", {"form": form}, status=429)
    response.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
    return response


def _form_page(
    request: HttpRequest,
    template: str,
    form: FileClaimForm | ReferenceForm | CodeForm,
    **context: object,
) -> HttpResponse:
    """A page with its form: as a refusal when something in it is wrong."""
    status = 400 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)
