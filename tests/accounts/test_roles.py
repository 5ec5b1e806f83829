"""Roles: granted by others, counted after a delay, told to all administrators."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.codes import code_generator_make
from accounts.models import RoleGrant, User
from accounts.roles import Role
from recovery.domain.duties import Duty
from recovery.domain.errors import (
    DutyMissingError,
    NotReadyError,
    RecoveryError,
    SamePersonError,
)
from recovery.models import AuditEntry, OutboxMessage
from recovery.services.actors import DELAYED, OPERATOR, SYSTEM, staff_actor
from recovery.services.decisions import decision_approve
from recovery.services.people import (
    NewStaff,
    role_grant,
    role_revoke,
    roles_follow_groups,
    staff_enrol_again,
    staff_hire,
)
from tests import factories
from tests.admin.doors import take
from tests.factories import NOW
from tests.people import signed_in

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(hours=23, minutes=59)
LATER = NOW + timedelta(hours=24)
NEW = NewStaff("eve", "eve@desk.example", "Eve Hart", "P-1")


@pytest.fixture
def ruth(db: None) -> User:
    """Ruth, administrator, with a mail address."""
    ruth = factories.staff("ruth", Role.ADMIN)
    ruth.email = "ruth@desk.example"
    ruth.save()
    return ruth


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_nobody_grants_a_role_to_themselves(ruth: User) -> None:
    with pytest.raises(SamePersonError):
        role_grant(staff_actor(ruth), ruth, Role.CHECKER, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(
            user=ruth, role=Role.CHECKER, granted_by=ruth, granted_at=NOW
        )
    assert again(ruth).roles() == {Role.ADMIN}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN}))
def test_only_administrators_grant_and_revoke(role: Role, ruth: User) -> None:
    actor = staff_actor(factories.staff("dora", role))
    eve = staff_hire(NEW)
    with pytest.raises(DutyMissingError):
        role_grant(actor, eve, Role.CHECKER, now=NOW)
    with pytest.raises(DutyMissingError):
        role_revoke(actor, ruth.role_grants.get(), now=NOW)
    for nobody in (OPERATOR, SYSTEM):
        with pytest.raises(DutyMissingError):
            role_grant(nobody, eve, Role.CHECKER, now=NOW)


def test_a_new_checker_reads_at_once_and_approves_after_the_delay(
    ruth: User, ada: User
) -> None:
    eve = staff_hire(NEW)
    role_grant(staff_actor(ruth), eve, Role.CHECKER, now=NOW)
    decision = factories.decision_waiting(ada)
    early = staff_actor(again(eve), confirmed_at=SOON, now=SOON)
    assert Duty.READ_DESK in early.duties
    assert not early.duties & DELAYED
    with pytest.raises(DutyMissingError):
        decision_approve(
            early, decision, shown_digest=decision.content_digest, now=SOON
        )
    later = staff_actor(again(eve), confirmed_at=LATER, now=LATER)
    decision_approve(later, decision, shown_digest=decision.content_digest, now=LATER)


def test_a_role_taken_and_given_again_waits_again(ruth: User) -> None:
    eve = staff_hire(NEW)
    admin = staff_actor(ruth)
    grant = role_grant(admin, eve, Role.CHECKER, now=NOW)
    role_revoke(admin, grant, now=LATER)
    assert not staff_actor(again(eve), now=LATER).duties
    role_grant(admin, eve, Role.CHECKER, now=LATER)
    assert not staff_actor(again(eve), now=LATER).duties & DELAYED


def test_an_old_role_lends_its_age_to_no_new_one(ruth: User) -> None:
    bea = factories.staff("bea", Role.SUPPORT)
    role_grant(staff_actor(ruth), bea, Role.CHECKER, now=NOW)
    assert not staff_actor(again(bea), now=SOON).duties & DELAYED


def test_the_delay_is_a_setting(ruth: User, settings: LazySettings) -> None:
    settings.ROLE_DELAY_HOURS = 0
    eve = staff_hire(NEW)
    role_grant(staff_actor(ruth), eve, Role.CHECKER, now=NOW)
    assert Duty.APPROVE_DECISION in staff_actor(again(eve), now=NOW).duties


def test_a_role_is_granted_and_revoked_once(ruth: User) -> None:
    eve = staff_hire(NEW)
    admin = staff_actor(ruth)
    grant = role_grant(admin, eve, Role.MAKER, now=NOW)
    with pytest.raises(NotReadyError):
        role_grant(admin, eve, Role.MAKER, now=NOW)
    role_revoke(admin, grant, now=NOW)
    with pytest.raises(NotReadyError):
        role_revoke(admin, grant, now=NOW)


def test_every_change_is_in_the_audit_and_mailed_to_all_administrators(
    ruth: User,
) -> None:
    second = factories.staff("omar", Role.ADMIN)
    User.objects.filter(pk=second.pk).update(email="omar@desk.example")
    eve = staff_hire(NEW)
    grant = role_grant(staff_actor(ruth), eve, Role.MAKER, now=NOW)
    role_revoke(staff_actor(ruth), grant, now=NOW)
    acts = AuditEntry.objects.filter(subject="staff eve").order_by("id")
    assert [entry.action for entry in acts] == [
        "staff.hire",
        "role.grant",
        "role.revoke",
    ]
    assert acts[1].actor == ruth
    mails = OutboxMessage.objects.filter(event="staff.role")
    assert sorted(mails.values_list("recipient", flat=True)) == [
        "omar@desk.example",
        "omar@desk.example",
        "ruth@desk.example",
        "ruth@desk.example",
    ]


@pytest.mark.parametrize(
    "other",
    [
        NewStaff("EVE", "other@desk.example", "Eve", "P-2"),
        NewStaff("eve2", "EVE@desk.example", "Eve", "P-2"),
        NewStaff("eve2", "other@desk.example", "Eve", "P-1"),
    ],
)
def test_one_human_has_one_account(other: NewStaff) -> None:
    staff_hire(NEW)
    with pytest.raises(NotReadyError):
        staff_hire(other)


def test_the_database_too_refuses_a_second_account_for_a_mail(db: None) -> None:
    staff_hire(NEW)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="eve2", email="Eve@Desk.example")


def test_groups_give_and_take_only_the_roles_they_stand_for(ruth: User) -> None:
    eve = staff_hire(NEW)
    role_grant(staff_actor(ruth), eve, Role.AUDITOR, now=NOW)
    governed = frozenset({Role.MAKER, Role.CHECKER})
    for wanted in ({Role.MAKER}, {Role.CHECKER}, set()):
        roles_follow_groups(eve, wanted=frozenset(wanted), governed=governed, now=NOW)
        assert again(eve).roles() == wanted | {Role.AUDITOR}
    sources = RoleGrant.objects.filter(user=eve).values_list("role", "source")
    assert dict(sources)["maker"] == "provider"


FIRST = (
    "--proposer=pia:pia@desk.example:Pia Holm",
    "--maker=mo:mo@desk.example:Mo Ito",
    "--checker=kim:kim@desk.example:Kim Dal",
)


def test_the_first_people_are_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("bootstrap_desk", *FIRST)
    assert again(User.objects.get(username="pia")).roles() == {
        Role.ANALYST,
        Role.ADMIN,
    }
    assert User.objects.get(username="kim").roles() == {Role.CHECKER}
    assert AuditEntry.objects.filter(action="desk.founded").count() == 1
    with pytest.raises(CommandError, match="has its people already"):
        call_command("bootstrap_desk", *FIRST)
    RoleGrant.objects.all().delete()
    User.objects.all().delete()
    with pytest.raises(CommandError, match="has its people already"):
        call_command("bootstrap_desk", *FIRST)


def test_an_enrolment_link_works_once(
    capsys: pytest.CaptureFixture[str], settings: LazySettings
) -> None:
    call_command("bootstrap_desk", *FIRST, "--admin=al:al@desk.example:Al Roe")
    lines = dict(
        line.split(None, 1) for line in capsys.readouterr().out.splitlines()[:4]
    )
    assert sorted(lines) == ["al", "kim", "mo", "pia"]
    link = lines["kim"].strip()
    path = link.removeprefix(settings.SITE_URL)
    assert path.startswith("/account/enrol/")
    client = Client()
    form = client.get(path, follow=True).redirect_chain[-1][0]
    words = "seven quiet lamps on a hill"
    answer = client.post(form, {"password1": words, "password2": words})
    assert answer.status_code == 302
    assert User.objects.get(username="kim").check_password(words)
    page = Client().get(path, follow=True).content.decode()
    assert "used or too old" in page


def test_the_same_person_cannot_be_two_of_the_first(db: None) -> None:
    twice = "--maker=pia2:pia@desk.example:Pia Holm"
    with pytest.raises(CommandError, match="one human"):
        call_command("bootstrap_desk", FIRST[0], twice, FIRST[2])
    assert not User.objects.exists()


def test_a_founding_is_refused_where_roles_exist(ada: User) -> None:
    with pytest.raises(CommandError):
        call_command("bootstrap_desk", *FIRST)
    assert issubclass(NotReadyError, RecoveryError)


def test_an_administrator_names_a_person_and_gives_a_role_on_the_desk(
    ruth: User,
) -> None:
    client = signed_in(ruth)
    fields = {
        "login": "eve",
        "mail": "eve@desk.example",
        "full_name": "Eve Hart",
        "person_id": "P-1",
    }
    hire = reverse("admin:accounts_user_list_act", args=["hire"])
    page = client.post(hire, fields, follow=True).content.decode()
    assert "/account/enrol/" in page
    eve = User.objects.get(username="eve")
    take(client, eve, "grant-role", role="maker")
    assert again(eve).roles() == {Role.MAKER}
    take(client, eve.role_grants.get(), "revoke")
    assert again(eve).roles() == frozenset()


def test_an_administrator_gives_nothing_to_the_own_account_on_the_desk(
    ruth: User,
) -> None:
    answer = take(signed_in(ruth), ruth, "grant-role", role="checker")
    assert answer.status_code == 409
    assert again(ruth).roles() == {Role.ADMIN}


def test_beginning_anew_ends_everything_and_moves_no_money_for_a_day(
    ruth: User, bea: User
) -> None:
    code_generator_make(bea)
    client = signed_in(bea)
    assert client.get("/desk/").status_code == 200
    answer = take(signed_in(ruth), bea, "enrol-again")
    assert "/account/enrol/" in answer.content.decode()
    bea = again(bea)
    assert not bea.has_usable_password()
    assert not bea.authenticator_set.exists()
    assert client.get("/desk/").status_code == 302
    assert bea.roles() == {Role.CHECKER}
    assert not staff_actor(bea).duties & DELAYED
    assert AuditEntry.objects.filter(action="staff.enrol_again", actor=ruth).exists()
    assert OutboxMessage.objects.filter(event="staff.role").count() == 2


def test_nobody_begins_the_own_account_anew(ruth: User) -> None:
    with pytest.raises(SamePersonError):
        staff_enrol_again(staff_actor(ruth), ruth, now=NOW)
    for role in set(Role) - {Role.ADMIN}:
        with pytest.raises(DutyMissingError):
            staff_enrol_again(staff_actor(factories.staff(role, role)), ruth, now=NOW)
