"""The audit on the desk: what an entry proves, and erasing beside it."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import Customer, User
from accounts.roles import Role
from recovery.models import AuditEntry, AuditValue
from recovery.services.actors import staff_actor
from recovery.services.audit_chain import audit_verify
from recovery.services.contacts import personal_data_show
from tests import factories
from tests.admin.doors import page_url, signed_in, take, text_of
from tests.services.audit_desk import seal_now


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    """Heads that other tests wrote down belong to other chains."""
    settings.FILES_DIR = tmp_path / "files"


def test_nobody_but_administrators_erases_beside_the_audit(
    ada: User, cem: Customer
) -> None:
    personal_data_show(staff_actor(ada), cem, reason="Asked.", now=factories.NOW)
    auditor = factories.staff("otto", Role.AUDITOR)
    for user in (ada, auditor):
        assert "Erase personal values" not in text_of(
            signed_in(user).get(page_url(cem))
        )
        assert "Refused" in text_of(take(signed_in(user), cem, "erase-audit-values"))
    assert AuditValue.objects.filter(name="mail").count() == 1


def test_the_page_shows_role_position_hash_and_value(ada: User, cem: Customer) -> None:
    personal_data_show(
        staff_actor(ada, "RQ-7K3M-9Q2X"), cem, reason="Asked.", now=factories.NOW
    )
    seal_now()
    entry = AuditEntry.objects.get(action="customer.mail.shown")
    client = signed_in(factories.staff("otto", Role.AUDITOR))
    page = text_of(client.get(page_url(entry)))
    for shown in ("Analyst", "RQ-7K3M-9Q2X", "desk_owner", entry.seal.hash, cem.email):
        assert shown in page


def test_erasing_on_the_customers_page_keeps_the_entry(
    ada: User, cem: Customer
) -> None:
    personal_data_show(staff_actor(ada), cem, reason="Asked.", now=factories.NOW)
    ida = signed_in(factories.staff("ida", Role.ADMIN))
    assert "Values erased: 1." in text_of(take(ida, cem, "erase-audit-values"))
    seal_now()
    assert not AuditValue.objects.filter(name="mail").exists()
    entry = AuditEntry.objects.get(action="customer.mail.shown")
    client = signed_in(factories.staff("otto", Role.AUDITOR))
    assert cem.email not in text_of(client.get(page_url(entry)))
    seal_now()
    assert audit_verify().fault is None


def test_a_request_header_of_a_stranger_is_not_believed(
    ada: User, cem: Customer
) -> None:
    address = page_url(cem).replace("change/", "do/show-mail/")
    answer = signed_in(ada).post(
        address, {"reason": "He calls."}, headers={"X-Request-ID": "RC-FORGED"}
    )
    entry = AuditEntry.objects.get(action="customer.mail.shown")
    assert entry.request_id == answer.headers["X-Request-ID"] != "RC-FORGED"
