"""The desk's site: who may come in at all."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.sites import UnfoldAdminSite

from accounts.models import User
from accounts.second_factor import has_strong_factor, second_factor_at
from recovery.domain.duties import Duty
from recovery.services.actors import staff_actor

# "auth" brings its groups, which recovery.admin takes off again by name.
_OUR_APPS = frozenset({"accounts", "auth", "recovery"})


class DeskSite(UnfoldAdminSite):  # type: ignore[misc]
    """Opens to staff whose roles let them read the desk; a superuser flag does not.

    The password alone opens nothing: this very session must have proved a second
    factor. A session from before, of an API or of a script has none.
    """

    index_title = "Desk"
    enable_nav_sidebar = True

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: "type[ModelAdmin[Any]] | None" = None,
        **options: Any,
    ) -> None:
        """Show our own tables only; libraries would bring theirs, secrets included."""
        models = (
            [model_or_iterable]
            if isinstance(model_or_iterable, type)
            else list(model_or_iterable)
        )
        ours = [one for one in models if one._meta.app_label in _OUR_APPS]  # noqa: SLF001
        super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this person, in this session, may see any page of the desk."""
        return _reads_desk(request) and second_factor_at(request) is not None

    def login(
        self,
        request: HttpRequest,
        extra_context: dict[str, object] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Send people to the step of signing in that is missing."""
        wanted = _own_address(request)
        if not request.user.is_authenticated:
            return _step("account_login", wanted)
        if not _reads_desk(request):
            raise PermissionDenied
        if second_factor_at(request) is not None:
            return HttpResponseRedirect(wanted)
        if has_strong_factor(request.user):
            return _step("mfa_reauthenticate", wanted)
        return _step("mfa_activate_totp", wanted)

    def logout(
        self,
        request: HttpRequest,
        extra_context: dict[str, object] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """End the session; only a form of ours may ask for it."""
        if request.method == "POST":
            logout(request)
        return HttpResponseRedirect(reverse("account_login"))

    def password_change(
        self,
        request: HttpRequest,  # noqa: ARG002
        extra_context: dict[str, object] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """The password is changed where one signs in."""
        return HttpResponseRedirect(reverse("account_change_password"))


def _reads_desk(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and Duty.READ_DESK in staff_actor(user).duties


def _own_address(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is here."""
    wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
    is_own = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_own else reverse("admin:index")


def _step(view: str, wanted: str) -> HttpResponse:
    query = urlencode({REDIRECT_FIELD_NAME: wanted})
    return HttpResponseRedirect(f"{reverse(view)}?{query}")
