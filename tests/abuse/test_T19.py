"""T19: an agent browses famous customers."""

from datetime import timedelta

import pytest

from accounts.models import Customer, PersonalLook, User
from accounts.roles import Role
from recovery.domain.errors import DutyMissingError, NotReadyError
from recovery.models import AuditEntry
from recovery.selectors.operations import looks_of_week
from recovery.services.actors import staff_actor
from recovery.services.contacts import personal_data_show
from tests import factories
from tests.admin.doors import list_url, page_url, signed_in, take, text_of

pytestmark = pytest.mark.django_db
NOW = factories.NOW


def test_T19_lists_and_pages_show_masked_values(ada: User) -> None:  # noqa: N802
    case = factories.case_taken(ada)
    cem = case.customer
    client = signed_in(ada)
    from accounts.models import TradingAccount
    from recovery.models import RecoveryCase

    pages = [
        *(list_url(one) for one in (Customer, RecoveryCase, TradingAccount)),
        *(page_url(one) for one in (cem, case, case.event.account)),
    ]
    for address in pages:
        page = text_of(client.get(address))
        assert cem.full_name not in page, address
        assert cem.email not in page, address


@pytest.mark.parametrize("reason", ["", "   "])
def test_T19_without_a_reason_nothing_is_shown(  # noqa: N802
    reason: str, ada: User, cem: Customer
) -> None:
    with pytest.raises(NotReadyError):
        personal_data_show(staff_actor(ada), cem, reason=reason, now=NOW)
    page = text_of(take(signed_in(ada), cem, "show-mail", reason=reason))
    assert cem.email not in page
    assert not PersonalLook.objects.exists()


@pytest.mark.parametrize("role", [Role.MAKER, Role.CHECKER, Role.AUDITOR, Role.ADMIN])
def test_T19_only_who_works_with_customers_looks(role: Role, cem: Customer) -> None:  # noqa: N802
    with pytest.raises(DutyMissingError):
        personal_data_show(
            staff_actor(factories.staff("eve", role)), cem, reason="Why not.", now=NOW
        )


def test_T19_a_look_is_written_down_with_its_reason(ada: User, cem: Customer) -> None:  # noqa: N802
    shown = personal_data_show(staff_actor(ada), cem, reason="He called.", now=NOW)
    assert (cem.full_name in shown, cem.email in shown) == (True, True)
    look = PersonalLook.objects.get()
    assert (look.user, look.customer, look.reason) == (ada, cem, "He called.")
    entry = AuditEntry.objects.get(action="customer.mail.shown")
    assert entry.subject == f"customer {cem.uid}"
    assert "He called." not in str(entry.detail)
    auditor = signed_in(factories.staff("otto", Role.AUDITOR))
    assert "He called." in text_of(auditor.get(list_url(PersonalLook)))


def test_T19_beyond_the_quota_nothing_is_shown(  # noqa: N802
    ada: User, lia: User, cem: Customer, settings
) -> None:
    settings.LOOKS_PER_DAY = 3
    for minutes in range(3):
        at = NOW + timedelta(minutes=minutes)
        personal_data_show(staff_actor(ada), cem, reason="Work.", now=at)
    with pytest.raises(NotReadyError, match="as many as a person may take"):
        personal_data_show(staff_actor(ada), cem, reason="Work.", now=at)
    personal_data_show(staff_actor(lia), cem, reason="Work.", now=at)
    tomorrow = NOW + timedelta(days=1, minutes=5)
    personal_data_show(staff_actor(ada), cem, reason="Work.", now=tomorrow)
    assert looks_of_week(tomorrow) == 5
    assert looks_of_week(NOW + timedelta(days=7, minutes=1)) == 3
