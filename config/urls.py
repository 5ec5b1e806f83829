"""Mounts the desk, its sign-in, the claim pages and the health checks."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("desk/", admin.site.urls),
    path("account/", include("config.sign_in.urls")),
    path("", include("recovery.urls")),
]
# Shows the reference under which the error stands in the log.
handler500 = "recovery.web.requests.server_error"
