from decimal import Decimal
from pathlib import Path

import pytest

from recovery.domain.ledger import LedgerRole
from recovery.domain.policy_reading import parse_policy
from recovery.venues.loading import profile_from_text, shipped_profiles
from recovery.venues.node import ProfileError
from recovery.venues.profile import OperationRule, layout_with_operations

VENUE = """
[venue]
code = "v"
name = "V"
"""
LAYOUT = """
[operations.ops]
buy = { role = "PNL" }
[[layouts]]
code = "log"
generation = "1"
kind = "ledger"
order = "newest_first"
required = ["when", "what", "coin", "sum"]
time = { column = "when", forms = ["calendar"], zone = "ask" }
operations = "ops"
fields = { asset = "coin", amount = "sum", operation = "what" }
"""
WHOLE = VENUE + LAYOUT


def test_profile_of_an_ordinary_venue_needs_no_code() -> None:
    profile = profile_from_text("v.toml", WHOLE)
    (layout,) = profile.layouts
    assert profile.layout("log", "1") is layout
    assert layout.columns == ("when", "what", "coin", "sum")
    assert layout.operations["buy"].role is LedgerRole.PNL
    with pytest.raises(KeyError):
        profile.layout("log", "2")


def test_staff_may_add_row_types() -> None:
    (layout,) = profile_from_text("v.toml", WHOLE).layouts
    more = layout_with_operations(layout, {"gift": OperationRule(LedgerRole.CREDIT)})
    assert set(more.operations) == {"buy", "gift"}
    assert set(layout.operations) == {"buy"}


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("[venue]", "[venue", "v.toml"),
        ('code = "v"', "", "v.toml.venue.code"),
        ('code = "v"', "code = 1", "v.toml.venue.code"),
        ('code = "v"', 'code = "v"\ncolour = "red"', "v.toml.venue"),
        ("[operations.ops]", "[colours]\nred = 1\n[operations.ops]", "v.toml"),
        ('role = "PNL"', 'role = "GAIN"', "v.toml.operations.ops.buy.role"),
        ('role = "PNL"', 'role = "PNL", marker = "boom"', "v.toml.operations.ops.buy"),
        ('role = "PNL"', 'role = "PNL", remainder_role = "X"', "remainder_role"),
        ('role = "PNL"', 'role = "PNL", spot_when_none = "no"', "required"),
        ('kind = "ledger"', 'kind = "poem"', "kind"),
        ('"calendar"', '"sundial"', "forms"),
        ('["calendar"]', "[]", "forms"),
        ('["calendar"]', "[1]", "forms"),
        ('zone = "ask"', 'zone = "Mars/Olympus"', "Mars"),
        ('column = "when"', 'column = "then"', "required"),
        ('operations = "ops"', 'operations = "none"', "operations"),
        ('asset = "coin", ', "", "fields"),
        ('asset = "coin"', 'asset = "coin", poem = "what"', "fields"),
        ('asset = "coin"', "asset = 1", "fields"),
        ('asset = "coin"', 'asset = "coin", fee = "sum"', "cost_signs"),
        (
            'operations = "ops"',
            'operations = "ops"\ncost_signs = { fee = "odd" }',
            "cost_signs",
        ),
        ('operations = "ops"', 'operations = "ops"\nsides = { B = "up" }', "sides"),
        (
            'operations = "ops"',
            'operations = "ops"\nposition_leg = { column = "coin" }',
            "position_leg",
        ),
        (
            'operations = "ops"',
            'operations = "ops"\nposition_leg = { column = "coin", pattern = "(" }',
            "pattern",
        ),
        (
            'operations = "ops"',
            'operations = "ops"\nchecks = [{ name = "x", left = "sum", terms = ["sum"], tolerance = "0" }]',
            "terms",
        ),
        (
            'operations = "ops"',
            'operations = "ops"\nchecks = [{ name = "x", left = "sum", terms = ["+sum"], tolerance = "small" }]',
            "tolerance",
        ),
    ],
)
def test_profile_that_is_not_understood_is_refused(
    old: str, new: str, where: str
) -> None:
    with pytest.raises(ProfileError) as caught:
        profile_from_text("v.toml", WHOLE.replace(old, new, 1))
    assert where in str(caught.value)


def test_shipped_profiles_say_what_to_confirm() -> None:
    venues = {profile.code: profile for profile in shipped_profiles()}
    assert {"binance", "bybit", "house", "kraken_futures"} <= set(venues)
    for profile in venues.values():
        lines = (*profile.policies, *profile.fee_schedule)
        asked = "confirm with the venue"
        pages = [line.terms_reference.startswith("https://") for line in lines]
        told = [
            asked in line.note or is_page
            for line, is_page in zip(lines, pages, strict=True)
        ]
        assert all(told) or profile.code == "house"
        assert all(line.terms_reference for line in profile.policies)
        for policy in profile.policies:
            parse_policy(policy.terms)


def test_layouts_of_venues_say_where_to_get_the_file() -> None:
    """Those not read in a file or document of the venue say what is not known."""
    for profile in shipped_profiles():
        for layout in profile.layouts if profile.code != "house" else ():
            assert layout.title, (layout.venue, layout.code)
            assert layout.obtain, (layout.venue, layout.code)
            assert layout.verified or layout.note, (layout.venue, layout.code)


def test_house_fees_and_policy() -> None:
    house = next(one for one in shipped_profiles() if one.code == "house")
    rates = {line.tier: line.taker_rate for line in house.fee_schedule}
    assert rates == {"base": Decimal("0.0005"), "vip1": Decimal("0.0004")}
    (policy,) = house.policies
    assert policy.terms["liquidation_fee"]["rate"] == "0.005"
    assert policy.terms["deficit_to"] == ["insurance_fund"]
    assert policy.valid_to is None


def test_catalogue_page_lists_every_layout() -> None:
    page = (Path(__file__).parents[2] / "docs" / "venues.md").read_text("utf-8")
    for profile in shipped_profiles():
        for layout in profile.layouts if profile.code != "house" else ():
            row = f"| {profile.name} | `{layout.code}` {layout.generation} | "
            (line,) = [one for one in page.splitlines() if one.startswith(row)]
            assert layout.obtain in line
            assert layout.note in line
            assert ("**not verified**" in line) is not layout.verified
