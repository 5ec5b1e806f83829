"""One line of the navigation is lit: that of the page, not of one above it."""

import pytest
from django.urls import reverse

from accounts.models import User
from recovery.domain.messages import ACCOUNT_MESSAGES, case_messages
from tests import factories
from tests.admin.doors import signed_in, text_of

pytestmark = pytest.mark.django_db


def lit(user: User, address: str) -> list[str]:
    groups = signed_in(user).get(address).context["sidebar_navigation"]
    return [
        str(item["title"])
        for group in groups
        for item in group["items"]
        if item["active"]
    ]


@pytest.mark.parametrize(
    ("view", "title"),
    [
        ("index", "Desk"),
        ("recovery_staffnotice_changelist", "Notices"),
        ("recovery_staffnotice_mails", "Mail texts"),
        ("recovery_sourcefile_changelist", "Imports"),
        ("recovery_sourcefile_scratch", "Scratch"),
        ("recovery_sourcefile_catalogue", "Files we read"),
        ("recovery_operationmapping_unknown", "Unknown rows"),
    ],
)
def test_one_line_is_lit(ada: User, view: str, title: str) -> None:
    assert lit(ada, reverse(f"admin:{view}")) == [title]


def test_a_page_below_a_list_lights_the_list(ada: User) -> None:
    file = factories.source_file()
    address = reverse("admin:recovery_sourcefile_change", args=[file.pk])
    assert lit(ada, address) == ["Imports"]


def test_mail_texts_are_chosen_by_what_they_are_about(ada: User) -> None:
    desk = signed_in(ada)
    address = reverse("admin:recovery_staffnotice_mails")
    count = len([*case_messages(), *ACCOUNT_MESSAGES])
    assert text_of(desk.get(address)).count('<details class="dk-mail"') == count

    page = text_of(desk.get(address, {"about": "deficit"}))
    assert "deficit.notice" in page
    assert "claim.received" not in page
    assert "No mail is about this." in text_of(desk.get(address, {"about": "nothing"}))
