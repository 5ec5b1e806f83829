"""What every answer says to the browser, by the kind of page (TRUST §5.1, T38, T42)."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.roles import Role
from config.head_requests import NoBodyMiddleware
from config.security import sign_in_headers
from tests import factories
from tests.admin.doors import signed_in

pytestmark = pytest.mark.django_db
DESK_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'; report-uri /policy-reports"
)
SIGN_IN_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'; report-uri /policy-reports"
)
CLAIM_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; report-uri /policy-reports"
)
FILE_POLICY = (
    "default-src 'none'; sandbox; frame-ancestors 'none'; report-uri /policy-reports"
)
NOTHING_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; report-uri /policy-reports"
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def require_headers(answer, policy: str, **more: str) -> None:
    """Hold an answer against exactly this policy and the headers all answers carry."""
    wanted = {name.replace("_", "-"): value for name, value in more.items()}
    wanted = {"Referrer-Policy": "same-origin", **EVERYWHERE, **wanted}
    wanted["Content-Security-Policy"] = policy
    assert {name: answer.headers.get(name) for name in wanted} == wanted


@pytest.fixture
def lead() -> Client:
    return signed_in(factories.staff("lia", Role.LEAD))


@pytest.mark.parametrize("path", ["", "recovery/recoverycase/", "jsi18n/"])
def test_a_desk_page_runs_our_scripts_only(lead: Client, path: str) -> None:
    answer = lead.get(f"/desk/{path}")
    assert answer.status_code == 200
    require_headers(answer, DESK_POLICY, Cache_Control="private, no-store")


@pytest.mark.parametrize("path", ["/desk/", "/desk/login/", "/desk/nowhere/"])
def test_the_desk_says_the_same_to_strangers(path: str) -> None:
    answer = Client().get(path)
    require_headers(answer, DESK_POLICY, Cache_Control="private, no-store")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/claims/file/",
        "/claims/enter/",
        "/claims/status/",
        "/claims/nothing/",
        "/nowhere",
        "/claims/file",
    ],
)
def test_claim_pages_and_unknown_ones_run_no_script(path: str) -> None:
    require_headers(
        Client().get(path),
        CLAIM_POLICY,
        Cache_Control="no-store",
        Referrer_Policy="no-referrer",
        X_Robots_Tag="noindex",
    )


def test_a_refused_form_carries_the_headers_too() -> None:
    answer = Client(enforce_csrf_checks=True).post("/claims/enter/", {})
    assert answer.status_code == 403
    require_headers(
        answer, CLAIM_POLICY, Cache_Control="no-store", Referrer_Policy="no-referrer"
    )


def test_a_redirect_to_tls_carries_the_headers_too(settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/desk/")
    assert answer.headers["Location"].startswith("https://")
    require_headers(answer, DESK_POLICY, Cache_Control="private, no-store")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_says_ok_and_nothing_else(path: str) -> None:
    answer = Client().get(path)
    assert answer.content == b"ok\n"
    require_headers(answer, NOTHING_POLICY, Cache_Control="no-store")


def test_signing_in_allows_nothing_inline() -> None:
    answer = Client().get("/account/nowhere/")
    require_headers(answer, SIGN_IN_POLICY, Cache_Control="private, no-store")


def test_a_form_of_the_sign_in_may_lead_to_the_identity_provider() -> None:
    policy = sign_in_headers(["https://login.example.com"])["Content-Security-Policy"]
    assert "; form-action 'self' https://login.example.com; " in policy


def test_a_static_file_may_do_nothing_as_a_page(settings, tmp_path: Path) -> None:
    (tmp_path / "page.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    settings.STATIC_ROOT = tmp_path
    answer = Client().get("/static/page.svg")
    assert answer.status_code == 200
    require_headers(answer, FILE_POLICY)
    assert "max-age=" in answer.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert b"".join(answer.streaming_content).startswith(b"<svg")
    answer.close()


def test_a_download_is_saved_and_never_shown(lead: Client) -> None:
    file = factories.source_file()
    address = reverse("admin:recovery_sourcefile_rejected", args=[file.pk])
    answer = lead.get(address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    require_headers(answer, FILE_POLICY, Cache_Control="private, no-store")


@pytest.mark.parametrize("path", ["/", "/claims/file/", "/healthz", "/account/login/"])
def test_head_answers_with_the_length_and_no_body(path: str) -> None:
    request = RequestFactory().head(path)
    handler = Client().handler
    handler.load_middleware()
    request.session = {}
    answer = handler.get_response(request)
    assert answer.content == b""
    assert int(answer.headers["Content-Length"]) > 0


def test_head_of_a_file_closes_it_unread(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    opened = path.open("rb")
    answer = NoBodyMiddleware(lambda _: FileResponse(opened))(
        RequestFactory().head("/")
    )
    assert answer.file_to_stream is None
    assert b"".join(answer.streaming_content) == b""
    assert answer.headers["Content-Length"] == "5"
    answer.close()
    assert opened.closed


def test_get_keeps_its_body() -> None:
    answer = NoBodyMiddleware(lambda _: HttpResponse(b"x"))(RequestFactory().get("/"))
    assert answer.content == b"x"


def test_the_deployment_checks_have_nothing_to_say() -> None:
    like_a_server = {
        "LOCAL_HTTP": "false",
        "BEHIND_TLS_PROXY": "true",
        "TRUSTED_PROXIES": "1",
        "DJANGO_ALLOWED_HOSTS": "desk.example.com",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
    }
    # A browser's test may have left it to others of its process.
    own = dict(os.environ)
    own.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    made = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env={**own, **like_a_server},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no issues" in made.stdout, made.stderr
