"""The catalogue says of every layout what it is and how solid our knowledge is."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from accounts.models import User
from recovery.venues.loading import shipped_profiles
from tests.admin.doors import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_every_venue_and_layout_stands_on_the_page(bea: User) -> None:
    answer = signed_in(bea).get(reverse("admin:recovery_sourcefile_catalogue"))

    page = text_of(answer)
    for profile in shipped_profiles():
        assert f'id="{profile.code}"' in page
    layouts = sum(len(profile.layouts) for profile in shipped_profiles())
    assert page.count("generation ") >= layouts
    unverified = sum(
        not layout.verified
        for profile in shipped_profiles()
        for layout in profile.layouts
    )
    assert page.count(">Unverified<") == unverified > 0


def test_what_is_assumed_of_a_venue_is_said_on_the_page(bea: User) -> None:
    page = text_of(signed_in(bea).get(reverse("admin:recovery_sourcefile_catalogue")))
    for profile in shipped_profiles():
        for policy in filter(lambda one: one.note, profile.policies):
            assert escape(policy.note) in page
    assert "taken as 0.05 % for every tier" in page  # Gate's fee inside the price.
    assert "a fee may have come from the fee balance" in page  # Deribit.


def test_nothing_can_be_posted_to_it(ada: User) -> None:
    address = reverse("admin:recovery_sourcefile_catalogue")
    assert signed_in(ada).post(address).status_code == 403
