"""Every address there is, asked by everybody: the allow table is this file.

A new address or a new act fails here until somebody writes down who may use it.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.codes import code_generator_make
from accounts.models import User
from accounts.roles import Role
from recovery.services.actors import staff_actor
from tests import factories
from tests.accounts.conftest import AGAIN, password_step
from tests.admin.doors import desk_addresses, desk_views
from tests.people import signed_in
from tests.web import makers
from tests.web.conftest import mailed_code

pytestmark = pytest.mark.django_db
Rows = dict[type[Model], Model]
EVERY_ROLE = frozenset(Role)
AUDIT_READERS = frozenset({Role.COMPLIANCE, Role.AUDITOR})
EXPORTERS = EVERY_ROLE - {Role.SUPPORT, Role.COMPLIANCE, Role.ADMIN}

# Pages of the desk that not every role reads. All others: every role.
READERS = {
    "accounts_personallook": AUDIT_READERS,
    "recovery_auditentry": AUDIT_READERS,
    "recovery_layoutmapping_map": frozenset({Role.ANALYST, Role.LEAD, Role.ADMIN}),
    "recovery_workbook_file": EXPORTERS,
    "recovery_sourcefile_scratch": EVERY_ROLE
    - {Role.CHECKER, Role.COMPLIANCE, Role.AUDITOR, Role.ADMIN},
}
# Nobody adds, deletes or looks rows up by Django's own forms.
NOBODYS = ("_add", "_delete", "autocomplete")
WITHOUT_SIGN_IN = {"admin:login", "admin:logout", "admin:jsi18n"}

# Who may take an act; the service asks again.
ACTS = {
    "contactchange approve": "checker lead",
    "contactchange refuse": "checker lead",
    "cooldown change": "lead",
    "approvalpolicy change": "lead",
    "assetprice record": "lead",
    "adjustment close": "checker lead",
    "adjustment top-up": "lead",
    "collection approve": "checker",
    "collection arrange": "lead",
    "collection notice": "lead",
    "collection paid": "maker",
    "collection return": "checker",
    "collection write-off": "lead",
    "customer erase-audit-values": "admin",
    "customer propose-destination": "analyst lead maker support",
    "customer propose-mail": "analyst lead support",
    "customer show-mail": "analyst compliance lead support",
    "destination approve": "checker lead",
    "destination revoke": "analyst compliance lead maker support",
    "destination screen": "analyst compliance lead maker support",
    "destination verify": "analyst lead maker support",
    "recoverycase set-off": "maker",
    "setoff approve": "checker",
    "setoff reverse": "checker lead",
    "setoff withdraw": "checker maker",
    "setoffpolicy change": "lead",
    "recoverycase contact-attempt": "analyst lead maker support",
    "recoverycase release-proof": "analyst lead maker support",
    "recoverycase release": "checker",
    "unclaimedrule change": "lead",
    "recordedshare confirm": "checker lead",
    "recordedshare withdraw": "analyst checker lead",
    "recoverycase record-share": "analyst lead",
    "networkfeerule change": "lead",
    "recoverycase conversion": "maker",
    "goodwillbudget change": "lead",
    "goodwillreason add": "lead",
    "goodwillreason end": "lead",
    "payoutbatch build-goodwill": "maker",
    "recoverycase goodwill": "maker",
    "event open-case": "analyst lead support",
    "event recompute": "analyst lead support",
    "feeschedule change": "lead",
    "layoutmapping approve": "lead",
    "layoutmapping refuse": "lead",
    "layoutmapping withdraw": "admin analyst lead",
    "operationmapping approve": "lead",
    "operationmapping propose": "admin analyst lead",
    "operationmapping refuse": "lead",
    "operationmapping withdraw": "admin analyst lead",
    "outboxmessage arrived": "admin analyst lead support",
    "outboxmessage drop": "admin analyst lead support",
    "outboxmessage send-again": "admin analyst lead support",
    "job put-back": "admin analyst lead maker support",
    "payment approve": "checker",
    "payment cancel": "checker compliance maker",
    "payment drop": "checker compliance maker",
    "payment hold": "compliance",
    "payment replace": "maker",
    "payment unhold": "compliance",
    "payoutbatch release": "checker",
    "payoutbatch build-credit": "maker",
    "payoutbatch build-withdrawal": "maker",
    "payoutbatch confirmations": "maker",
    "recoverycase take": "analyst lead support",
    "recoverycase approve": "checker lead",
    "recoverycase return": "checker lead",
    "recoverycase link-event": "analyst lead support",
    "recoverycase propose": "analyst support",
    "recoverycase credit": "maker",
    "recoverycase withdrawal": "maker",
    "recoverycase close": "analyst lead support",
    "recoverycase ask": "analyst lead support",
    "recoverycase answer": "analyst lead support",
    "recoverycase ask-third-party": "analyst lead support",
    "recoverycase merge": "analyst lead support",
    "recoverycase note": "analyst checker compliance lead maker support",
    "recoverycase assign": "analyst lead support",
    "recoverycase reconfirm": "checker lead",
    "recoverycase tell": "analyst lead support",
    "recoverycase reopen": "lead",
    "recoverycase third-party-answer": "analyst lead support",
    "recoverycase unmerge": "lead",
    "rolegrant revoke": "admin",
    "sourcefile discard": "analyst lead maker support",
    "sourcefile load": "analyst lead maker support",
    "sourcefile load-all": "analyst lead maker support",
    "sourcefile mend": "analyst lead maker support",
    "sourcefile paste": "analyst lead maker support",
    "sourcefile put-back": "analyst lead maker support",
    "sourcefile say": "analyst lead maker support",
    "sourcefile undo": "analyst lead maker support",
    "sourcefile upload": "analyst lead maker support",
    "user end-sessions": "admin",
    "user enrol-again": "admin",
    "user grant-role": "admin",
    "user hire": "admin",
    "user let-in": "admin",
    "user shut-out": "admin",
    "watchentry begin": "analyst compliance lead support",
    "watchentry end": "analyst compliance lead support",
    "workbook request": "analyst auditor checker lead maker",
}

# The pages of sign-in: what somebody without a session may reach.
SIGN_IN_OPEN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "openid_connect_login",
    "openid_connect_callback",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
}
SIGN_IN_OWN = {
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "usersessions_list",
}
ARGUMENTS = {"pk": 1}
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        route = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from routes(one, route)
        else:
            yield route, one


def allowed_readers(view: str) -> frozenset[Role]:
    if view.endswith(NOBODYS):
        return frozenset()
    for start, roles in READERS.items():
        if view.removeprefix("admin:").startswith(start):
            return roles
    return EVERY_ROLE


def filled(view: str, arguments: list[str], rows: Rows) -> str:
    values = {"act_name": "no-act", "app_label": "recovery", "url": "nowhere"}
    by_name = {
        f"{model._meta.app_label}_{model._meta.model_name}": row.pk
        for model, row in rows.items()
    }
    table = view.removeprefix("admin:").rsplit("_", 1)[0]
    pk = by_name.get(table, by_name.get(table.removesuffix("_list"), 1))
    return reverse(view, kwargs={key: values.get(key, pk) for key in arguments})


@pytest.mark.parametrize("role", sorted(Role))
def test_each_role_reads_what_the_table_says(rows: Rows, role: Role) -> None:
    client = signed_in(factories.staff(f"one-{role}", role))
    wrong = []
    for view, arguments in desk_views():
        if view in WITHOUT_SIGN_IN:
            continue
        answer = client.get(filled(view, arguments, rows))
        is_let_in = answer.status_code != 403 and "/login/" not in answer.get(
            "Location", ""
        )
        if is_let_in is not (role in allowed_readers(view)):
            wrong.append((view, answer.status_code))
    assert wrong == []


def test_each_act_is_offered_to_whom_the_table_says() -> None:
    found = {}
    actors = {role: staff_actor(factories.staff(f"one-{role}", role)) for role in Role}
    for model, shown in admin.site._registry.items():
        for act in (*getattr(shown, "acts", ()), *getattr(shown, "list_acts", ())):
            holders = [role for role in Role if actors[role].duties & act.duties]
            found[f"{model._meta.model_name} {act.name}"] = " ".join(sorted(holders))
    assert found == ACTS


def anonymous(_client: Client) -> None:
    """Nobody."""


def claim_session(client: Client) -> None:
    """A customer who entered by code."""
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    client.post("/claims/enter/", {"reference": claim.reference})
    answer = client.post("/claims/code/", {"code": mailed_code(claim)})
    assert answer["Location"] == "/claims/status/"


def password_only(client: Client) -> None:
    """Staff with every role and no factor."""
    password_step(client, factories.staff("eve", *Role))
    assert "_auth_user_id" in client.session


def factor_not_shown(client: Client) -> None:
    """Staff with every role, a factor and a session that never proved it."""
    user = factories.staff("eve", *Role)
    code_generator_make(user)
    client.force_login(user)


def no_staff(client: Client) -> None:
    """Somebody who is no staff, with a factor proved."""
    user = factories.staff("eve", *Role)
    User.objects.update(is_staff=False)
    client.cookies = signed_in(user).cookies


def no_role(client: Client) -> None:
    """Staff without any role, with a factor proved."""
    client.cookies = signed_in(factories.staff("eve")).cookies


@pytest.mark.parametrize(
    "visitor",
    [anonymous, claim_session, password_only, factor_not_shown, no_staff, no_role],
)
def test_nobody_else_reads_or_posts_anything(
    rows: Rows, visitor: Callable[[Client], None]
) -> None:
    client = Client()
    visitor(client)
    let_in = [
        (address, answer.status_code)
        for address in desk_addresses(rows)
        for answer in (client.get(address), client.post(address))
        if not (
            answer.status_code == 302
            and answer["Location"].startswith("/desk/login/?next=")
        )
    ]
    assert let_in == []


def test_every_address_belongs_to_the_desk_to_sign_in_or_to_the_claim_pages() -> None:
    strangers = []
    for route, pattern in routes(get_resolver()):
        if route.startswith("desk/"):
            continue
        if route.startswith("account/"):
            known = pattern.name in SIGN_IN_OPEN | SIGN_IN_OWN
        else:
            known = (
                route == ""
                or route.startswith("claims/")
                # Figures ask for loopback or staff themselves: tests/web/test_metrics.
                or route in {"healthz", "readyz", "metrics", "policy-reports"}
            )
        if not known:
            strangers.append(route)
    assert strangers == []


@pytest.mark.parametrize("visitor", [anonymous, claim_session])
def test_ones_own_sign_in_pages_need_a_session(
    rows: Rows, visitor: Callable[[Client], None]
) -> None:
    client = Client()
    visitor(client)
    for route, pattern in routes(get_resolver()):
        if route.startswith("account/") and pattern.name in SIGN_IN_OWN:
            values = {key: ARGUMENTS[key] for key in ARGUMENT.findall(route)}
            answer = client.get(reverse(pattern.name, kwargs=values))
            assert answer.status_code == 302, pattern.name
            assert answer["Location"].startswith("/account/login/"), pattern.name


def test_a_session_from_before_is_asked_for_its_factor_at_the_door() -> None:
    client = Client()
    factor_not_shown(client)
    assert client.get("/desk/", follow=True).redirect_chain[-1][0].startswith(AGAIN)
