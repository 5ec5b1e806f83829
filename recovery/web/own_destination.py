"""Where the money of one claim may go: propose, look once more, send; or choose."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.addresses.checks import address_groups, network_title
from recovery.domain.errors import RecoveryError
from recovery.models import Claim, LimitedAct, RecoveryCase
from recovery.selectors.claim_destinations import (
    cool_down,
    destinations_on_file,
    wanted_assets,
)
from recovery.services.clock import database_now
from recovery.services.customer_destinations import (
    customer_destination_choose,
    customer_destination_propose,
)
from recovery.services.rate_limits import WINDOW, rate_limit_take
from recovery.web.client_address import client_address
from recovery.web.destination_forms import DestinationForm
from recovery.web.own_claim import behind_code
from recovery.web.pages import get_or_post

_SEND = "send"
_TOO_MANY = "Too many addresses were sent from here. Please try again in an hour."


@get_or_post
@sensitive_post_parameters()
@behind_code
def destination(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Show what is on file; take a proposal, read it back, and send it."""
    case = _payable(claim)
    if case is None:
        return redirect("claims:status")
    assets = wanted_assets(case)
    if request.method != "POST":
        return _page(request, claim, case, DestinationForm(assets=assets))
    form = DestinationForm(request.POST, assets=assets)
    if not form.is_valid():
        return _page(request, claim, case, form, status=400)
    if request.POST.get("step") != _SEND:
        return _read_back(request, claim, form)
    return _send(request, claim, case, form)


def _send(
    request: HttpRequest, claim: Claim, case: RecoveryCase, form: DestinationForm
) -> HttpResponse:
    """Propose it; over a limit what was typed stays."""
    if not rate_limit_take(LimitedAct.DESTINATION_PROPOSAL, client_address(request)):
        form.add_error(None, _TOO_MANY)
        answer = _page(request, claim, case, form, status=429)
        answer.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
        return answer
    try:
        customer_destination_propose(claim, form.wanted(), now=database_now())
    except RecoveryError as error:
        form.add_error(None, str(error))
        return _page(request, claim, case, form, status=409)
    return redirect("claims:destination")


@require_POST
@behind_code
def choose(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Take the choice of a destination on file."""
    case = _payable(claim)
    number = request.POST.get("destination", "")
    if case is None or not (number.isascii() and number.isdigit() and len(number) < 18):
        return redirect("claims:status")
    try:
        customer_destination_choose(claim, int(number), now=database_now())
    except RecoveryError as error:
        form = DestinationForm(assets=wanted_assets(case))
        return _page(request, claim, case, form, refused=str(error), status=409)
    return redirect("claims:destination")


def _payable(claim: Claim) -> RecoveryCase | None:
    """The case, while something of it can be paid out of the house."""
    case = claim.case
    if case is None or case.customer_id is None:
        return None
    is_owner = case.customer_id == claim.customer_id
    return case if is_owner and wanted_assets(case) else None


def _read_back(
    request: HttpRequest, claim: Claim, form: DestinationForm
) -> HttpResponse:
    """The address in groups, and what its check figure says, before it is sent."""
    read = form.checked
    context = {
        "claim": claim,
        "form": form,
        "read": read,
        "network": network_title(read.network),
        "groups": address_groups(read.address),
    }
    return render(request, "claims/destination_look.html", context)


def _page(
    request: HttpRequest,
    claim: Claim,
    case: RecoveryCase,
    form: DestinationForm,
    *,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    now = database_now()
    on_file = destinations_on_file(case, now=now)
    rest = cool_down(case.customer, now=now) if case.customer else None
    context = {
        "claim": claim,
        "form": form,
        "refused": refused,
        "on_file": [(one, network_title(one.network)) for one in on_file],
        "earliest": now + rest if rest else now,
    }
    return render(request, "claims/destination.html", context, status=status)
