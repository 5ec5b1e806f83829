"""Routes of the claim pages and the health checks."""

from django.urls import path

from recovery.web import (
    health,
    metrics,
    own_claim,
    own_destination,
    pages,
    policy_reports,
)

app_name = "claims"
urlpatterns = [
    path("", pages.home, name="home"),
    path("claims/file/", pages.file_claim, name="file"),
    path("claims/filed/", pages.filed, name="filed"),
    path("claims/enter/", pages.enter, name="enter"),
    path("claims/code/", pages.code, name="code"),
    path("claims/status/", own_claim.status, name="status"),
    path("claims/answer/", own_claim.answer, name="answer"),
    path("claims/withdraw/", own_claim.withdraw, name="withdraw"),
    path("claims/destination/", own_destination.destination, name="destination"),
    path(
        "claims/destination/choose/", own_destination.choose, name="choose_destination"
    ),
    path("claims/leave/", own_claim.leave, name="leave"),
    path("policy-reports", policy_reports.take, name="policy_reports"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
