"""Mounts the desk, its sign-in, the claim pages and the health checks."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("desk/", admin.site.urls),
    path("account/", include("config.sign_in.urls")),
    path("", include("recovery.urls")),
]
# Each shows the reference under which it stands in the log.
handler400 = "recovery.web.errors.bad_request"
handler403 = "recovery.web.errors.not_allowed"
handler404 = "recovery.web.errors.not_found"
handler500 = "recovery.web.errors.server_error"
