"""Rules change by new versions, through the page of those who may."""

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import User
from recovery.models import FeeSchedule
from tests.admin.doors import list_url, signed_in, text_of

pytestmark = pytest.mark.django_db
_RATES = {
    "venue": "house",
    "tier": "base",
    "taker_rate": "0.0006",
    "maker_rate": "0.0002",
    "valid_from": "2026-12-01 00:00",
    "terms_reference": "House terms § 4",
}


def change(client) -> str:
    address = reverse("admin:recovery_feeschedule_list_act", args=["change"])
    return text_of(client.post(address, _RATES, follow=True))


def test_an_analyst_changes_no_schedule(ada: User) -> None:
    before = FeeSchedule.objects.count()
    assert "Refused" in change(signed_in(ada))
    assert FeeSchedule.objects.count() == before


def test_a_lead_lets_new_rates_begin_once(lia: User) -> None:
    client = signed_in(lia)
    assert "begins" in change(client)
    line = FeeSchedule.objects.get(venue="house", tier="base", version=2)
    assert (line.taker_rate, line.created_by) == (Decimal("0.0006"), lia)
    assert "must begin later" in change(client)
    assert "0.06 %" in text_of(client.get(list_url(FeeSchedule)))
