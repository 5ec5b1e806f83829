"""What waits for a second person on a page of its own stands in the inbox too."""

import pytest
from django.db.models import Model
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from recovery.models import (
    LayoutMapping,
    OperationMapping,
    RecordedShare,
    SetOff,
)
from tests import factories
from tests.admin.doors import page_url, signed_in, text_of

pytestmark = pytest.mark.django_db
Rows = dict[type[Model], Model]
INBOX = reverse("admin:recovery_approval_changelist")


def links_in(user: User) -> str:
    """The markup of the inbox of somebody."""
    return signed_in(user).get(INBOX).content.decode()


def test_who_confirms_nothing_is_shown_nothing_more(rows: Rows, ada: User) -> None:
    assert rows
    assert "Also waiting" not in links_in(ada)


def test_what_one_wrote_down_oneself_is_left_out(rows: Rows) -> None:
    assert rows
    both = factories.staff("dora", Role.ANALYST, Role.CHECKER)
    others = RecordedShare.objects.get()
    own = RecordedShare.objects.create(
        event=others.event,
        asset="USDT",
        bearer="insurance_fund",
        amount=1,
        evidence="Ticket 4",
        recorded_by=both,
        recorded_at=factories.NOW,
    )
    page = links_in(both)
    assert page_url(others) in page
    assert page_url(own) not in page


def test_a_checker_finds_shares_and_set_offs(rows: Rows, bea: User) -> None:
    page = links_in(bea)
    assert page_url(rows[RecordedShare]) in page
    assert page_url(rows[SetOff]) in page
    assert page_url(rows[OperationMapping]) not in page


def test_a_lead_finds_unknown_rows_and_mapped_layouts(rows: Rows, lia: User) -> None:
    page = links_in(lia)
    assert page_url(rows[OperationMapping]) in page
    assert page_url(rows[LayoutMapping]) in page
    assert page_url(rows[SetOff]) not in page
    assert "Each is confirmed on its own page." in text_of(signed_in(lia).get(INBOX))
