"""The addresses of sign-in: only those a member of staff needs.

No sign-up, no reset by mail, no change of the mail address, no linking of further
accounts: the library has pages for them, and they are not mounted.
"""

from allauth.account import views as account
from allauth.socialaccount import views as social
from django.urls import include, path, re_path

from config.sign_in.sessions import own_sessions

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/first/", account.password_set, name="account_set_password"),
    re_path(
        r"^enrol/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "enrol/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("factor/", include("allauth.mfa.urls")),
    path("sessions/", own_sessions, name="usersessions_list"),
    path(
        "provider/cancelled/",
        social.login_cancelled,
        name="socialaccount_login_cancelled",
    ),
    path("provider/error/", social.login_error, name="socialaccount_login_error"),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
]
