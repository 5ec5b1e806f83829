"""Sessions of staff: they die by themselves, by their owner and by an administrator."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import SessionEnd, StaffSession, User
from accounts.roles import Role
from recovery.domain.errors import DutyMissingError, NotReadyError
from recovery.models import AuditEntry, OutboxMessage
from recovery.services.actors import staff_actor
from recovery.services.sessions import (
    session_end,
    sessions_end,
    staff_activate,
    staff_deactivate,
)
from tests import factories
from tests.accounts.conftest import come_in
from tests.people import signed_in

pytestmark = pytest.mark.django_db
DESK, OWN = "/desk/", "/account/sessions/"
MARK = "desk_session"


@pytest.fixture
def root(db: None) -> User:
    """Root, who administers people."""
    user = factories.staff("root", Role.ADMIN)
    user.email = "root@desk.example"
    user.save()
    return user


def opened(user: User) -> Client:
    """A client whose session is noted."""
    client = signed_in(user)
    assert client.get(DESK).status_code == 200
    return client


def row_of(client: Client) -> StaffSession:
    return StaffSession.objects.get(pk=client.session[MARK]["row"])


def grow_old(client: Client, *, seen: timedelta, began: timedelta) -> None:
    """Let time pass over a session without a click."""
    session = client.session
    mark = session[MARK]
    mark["seen"] -= seen.total_seconds()
    mark["began"] -= began.total_seconds()
    session[MARK] = mark
    session.save()


@pytest.mark.parametrize(
    ("seen", "began", "how"),
    [
        (timedelta(minutes=31), timedelta(minutes=31), SessionEnd.IDLE),
        (timedelta(minutes=1), timedelta(hours=8, minutes=1), SessionEnd.OVER),
    ],
)
def test_a_session_dies_by_time(
    seen: timedelta, began: timedelta, how: SessionEnd, bea: User
) -> None:
    client = opened(bea)
    row = row_of(client)
    grow_old(client, seen=seen, began=began)
    answer = client.get(DESK)
    assert answer["Location"].startswith("/desk/login/")
    row.refresh_from_db()
    assert row.end == how
    assert not Session.objects.filter(session_key=row.session_key).exists()


def test_a_used_session_lives_on(bea: User) -> None:
    client = opened(bea)
    for _ in range(3):
        grow_old(client, seen=timedelta(minutes=29), began=timedelta(minutes=29))
        assert client.get(DESK).status_code == 200
    assert row_of(client).end == ""


def test_a_script_that_asks_keeps_no_session_alive(bea: User) -> None:
    client = opened(bea)
    grow_old(client, seen=timedelta(minutes=20), began=timedelta(minutes=20))
    before = client.session[MARK]["seen"]
    client.get(DESK, headers={"accept": "application/json"})
    assert client.session[MARK]["seen"] == before


def test_signing_in_and_out_is_noted_and_recorded(bea_with_code: User) -> None:
    client = come_in(bea_with_code)
    client.get(DESK)
    row = row_of(client)
    assert (row.user, row.address, row.end) == (bea_with_code, "127.0.0.1", "")
    client.post("/account/logout/")
    row.refresh_from_db()
    assert row.end == SessionEnd.SIGNED_OUT
    subject = f"staff {bea_with_code.username}"
    acts = AuditEntry.objects.filter(subject=subject).order_by("pk")
    assert [one.action for one in acts] == ["session.begin", "session.end"]
    assert "127.0.0.1" not in str(acts[0].detail)


def test_the_owner_ends_one_other_session_and_never_a_stranger_s(
    bea: User, ada: User
) -> None:
    here, there, strangers = opened(bea), opened(bea), opened(ada)
    page = here.get(OWN).content.decode()
    assert page.count('name="session"') == 2  # The other one, and all others.
    here.post(OWN, {"session": str(row_of(strangers).pk)})
    here.post(OWN, {"session": str(row_of(here).pk)})
    assert strangers.get(DESK).status_code == here.get(DESK).status_code == 200
    here.post(OWN, {"session": str(row_of(there).pk)})
    assert there.get(DESK).status_code == 302
    assert here.get(DESK).status_code == 200


def test_the_owner_ends_all_others(bea: User) -> None:
    here, others = opened(bea), [opened(bea) for _ in range(3)]
    here.post(OWN, {"session": "others"})
    assert {one.get(DESK).status_code for one in others} == {302}
    assert here.get(DESK).status_code == 200
    assert StaffSession.objects.filter(end=SessionEnd.BY_OWNER).count() == 3


def test_nobody_else_ends_sessions(bea: User, ada: User) -> None:
    client = opened(bea)
    now = timezone.now()
    with pytest.raises(DutyMissingError):
        session_end(staff_actor(ada), row_of(client), SessionEnd.BY_ADMIN, now=now)
    with pytest.raises(DutyMissingError):
        sessions_end(staff_actor(ada), bea, SessionEnd.BY_ADMIN, now=now)
    with pytest.raises(DutyMissingError):
        staff_deactivate(staff_actor(ada), bea, reason="Left.", now=now)
    assert client.get(DESK).status_code == 200


def test_an_administrator_ends_sessions_on_the_page(bea: User, root: User) -> None:
    client, admin = opened(bea), signed_in(root)
    page = admin.get(f"/desk/accounts/user/{bea.pk}/change/").content.decode()
    assert "127.0.0.1" in page
    admin.post(
        f"/desk/accounts/user/{bea.pk}/do/end-sessions/",
        {"session": str(row_of(client).pk)},
    )
    assert client.get(DESK).status_code == 302
    assert StaffSession.objects.get(user=bea).end == SessionEnd.BY_ADMIN


def test_sessions_of_others_are_shown_to_administrators_only(
    bea: User, ada: User
) -> None:
    opened(bea)
    address = f"/desk/accounts/user/{bea.pk}/change/"
    assert "127.0.0.1" not in signed_in(ada).get(address).content.decode()


def test_a_person_shut_out_is_out_with_every_session_at_once(
    bea: User, root: User
) -> None:
    clients = [opened(bea), opened(bea)]
    now = timezone.now()
    with pytest.raises(NotReadyError):
        staff_deactivate(staff_actor(root), root, reason="Me.", now=now)
    with pytest.raises(NotReadyError):
        staff_deactivate(staff_actor(root), bea, reason=" ", now=now)
    staff_deactivate(staff_actor(root), bea, reason="Left.", now=now)
    assert {one.get(DESK).status_code for one in clients} == {302}
    assert not Session.objects.filter(
        session_key__in=[one.session.session_key for one in clients]
    ).exists()
    assert OutboxMessage.objects.filter(event="staff.access").count() == 1
    entry = AuditEntry.objects.get(action="staff.deactivate")
    assert entry.detail["sessions"] == 2
    assert "Left." not in str(entry.detail)
    staff_activate(staff_actor(root), bea, reason="Came back.", now=now)
    assert {one.get(DESK).status_code for one in clients} == {302}
    assert opened(User.objects.get(pk=bea.pk)).get(DESK).status_code == 200


def test_a_session_ended_in_the_very_moment_ends_with_the_next_note(bea: User) -> None:
    client = opened(bea)
    row = row_of(client)
    StaffSession.objects.filter(pk=row.pk).update(ended_at=timezone.now(), end="over")
    grow_old(client, seen=timedelta(minutes=2), began=timedelta(minutes=2))
    assert client.get(DESK).status_code == 302
