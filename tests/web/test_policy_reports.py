"""Reports of browsers: anybody may post them, so nothing of them is believed."""

import json
import logging

import pytest
from django.test import Client

from config.log_lines import LineFormatter

pytestmark = pytest.mark.django_db
ADDRESS = "/policy-reports"
CANARY = "cem@customers.example"
REPORT = {
    "csp-report": {
        "document-uri": f"https://desk.example.com/desk/?q={CANARY}",
        "effective-directive": "script-src-elem",
        "blocked-uri": "inline",
        "script-sample": CANARY,
    }
}


def post(body: object, client: Client | None = None):
    text = body if isinstance(body, str) else json.dumps(body)
    client = client or Client(enforce_csrf_checks=True)
    return client.post(ADDRESS, text, content_type="application/csp-report")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    form = LineFormatter()
    found = [one for one in caplog.records if one.name.endswith("policy_reports")]
    return [json.loads(form.format(one)) for one in found]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        "[1]",
        '{"csp-report": 7}',
        "[" * 9000,
        json.dumps({"csp-report": {"a": "x" * 9000}}),
    ],
)
def test_what_is_no_report_leaves_no_line(
    body: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert post(body).status_code == 204
    assert lines(caplog) == []


def test_a_get_is_refused() -> None:
    assert Client().get(ADDRESS).status_code == 405


def test_a_report_is_a_line_of_our_own_words(caplog: pytest.LogCaptureFixture) -> None:
    answer = post(REPORT)
    assert (answer.status_code, answer.content) == (204, b"")
    (line,) = lines(caplog)
    told = (line["surface"], line["directive"], line["blocked"], line["level"])
    assert told == ("desk", "script-src-elem", "inline", "WARNING")
    assert CANARY not in json.dumps(line)


@pytest.mark.parametrize("address", ["http://[", CANARY, f"https://{CANARY}/x"])
def test_words_nobody_knows_are_not_written(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    post(
        {
            "csp-report": {
                "document-uri": address,
                "violated-directive": f"{CANARY} self",
                "blocked-uri": f"https://evil.example/{CANARY}",
            }
        }
    )
    (line,) = lines(caplog)
    assert (line["directive"], line["blocked"]) == ("other", "elsewhere")
    assert CANARY not in json.dumps(line)


def test_a_flood_of_reports_is_cut_off(
    settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "policy_report": (3, 100)}
    with caplog.at_level(logging.WARNING):
        answers = {post(REPORT).status_code for _ in range(6)}
    assert answers == {204}
    assert len(lines(caplog)) == 3


@pytest.mark.parametrize("page", ["/", "/account/login/", "/healthz", "/desk/"])
def test_every_policy_says_where_to_report(page: str) -> None:
    assert f"report-uri {ADDRESS}" in Client().get(page)["Content-Security-Policy"]
