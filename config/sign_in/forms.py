"""Forms of the second factor: wrong codes count towards the lock-out."""

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.exceptions import ValidationError

from accounts.codes import factors_seal
from config.sign_in.lockout import require_not_locked, wrong_try_note


class _Counted:
    """Refuses while locked out; counts a wrong code."""

    def clean_code(self) -> str:
        """The code, when it is right."""
        username = self.user.username  # type: ignore[attr-defined]
        require_not_locked(context.request, username)
        try:
            code = str(super().clean_code())  # type: ignore[misc]
        except ValidationError:
            wrong_try_note(context.request, username)
            raise
        factors_seal(self.user)  # type: ignore[attr-defined]
        return code


class SignInCodeForm(_Counted, AuthenticateForm):  # type: ignore[misc]
    """The code asked for while signing in."""


class FreshCodeForm(_Counted, ReauthenticateForm):  # type: ignore[misc]
    """The code asked for again before approving and releasing."""
