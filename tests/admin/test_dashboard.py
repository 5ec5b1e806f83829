"""Figures of the first page lead to exactly their rows."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recovery.domain.words import BreakReason
from recovery.models import Job, RecoveryCase
from tests import factories
from tests.admin.doors import signed_in, text_of

pytestmark = pytest.mark.django_db
_TILE = re.compile(
    r'<a class="dk-tile[^"]*" href="([^"]+)">\s*'
    r'<span class="dk-tile-label">([^<]+)</span>\s*'
    r'<span class="dk-tile-value">([^<]+)</span>'
)


def figures(client: Client) -> list[tuple[str, int, str]]:
    page = text_of(client.get("/desk/"))
    return [
        (unescape(label), int(value), unescape(url))
        for url, label, value in _TILE.findall(page)
    ]


def rows_behind(client: Client, url: str) -> int:
    answer = client.get(url)
    assert answer.status_code == 200
    if "cl" in answer.context_data:
        return int(answer.context_data["cl"].result_count)
    return sum(len(cards) for _, cards in answer.context_data["groups"])


def test_each_figure_leads_to_exactly_its_rows(
    ada: User, max_: User, bea: User
) -> None:
    now = timezone.now()
    for hours in (-5, -1, 3, 30):
        case = factories.case_new(ada)
        due = now + timedelta(hours=hours)
        RecoveryCase.objects.filter(pk=case.pk).update(next_update_due_at=due)
    factories.event(reason=BreakReason.FUNDING_VARIANCE)
    factories.decision_waiting(ada)
    factories.credit_waiting(factories.decision_approved(ada, bea), max_)
    Job.objects.create(kind="import", state="quarantined", due_at=now)
    Job.objects.create(kind="import", due_at=now)
    client = signed_in(bea)
    found = figures(client)
    # Of the cases made by factories three more promised an update long ago.
    expected = {
        "Overdue": 4,
        "Due within 24 h": 1,
        "Waiting for my approval": 2,
        "Jobs in quarantine": 1,
        "New": 4,
        "Proposed": 1,
        "Owed": 1,
        "Fee variance": 6,
        "Funding variance": 1,
    }
    told = {label: value for label, value, _ in found}
    assert {label: told.get(label) for label in expected} == expected
    for label, value, url in found:
        assert rows_behind(client, url) == value, label


def test_breaks_are_summed_per_reason_and_asset(ada: User) -> None:
    factories.event()
    factories.event()
    page = text_of(signed_in(ada).get("/desk/"))
    assert "short 6.20 USDT" in page


def test_an_import_of_today_shows_its_rejected_rows(ada: User) -> None:
    file = factories.source_file()
    page = text_of(signed_in(ada).get("/desk/"))
    assert f"/desk/recovery/sourcefile/{file.pk}/change/#rejected" in page


def test_support_is_not_asked_for_approvals(ada: User) -> None:
    factories.decision_waiting(ada)
    assert "Waiting for my approval" not in text_of(signed_in(ada).get("/desk/"))
