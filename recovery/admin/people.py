"""People: staff and their roles, customers, accounts, claims."""

from datetime import datetime

from django.contrib import admin
from django.contrib.admin import display
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.masks import masked_name
from accounts.models import Customer, RoleGrant, TradingAccount, User
from accounts.roles import GrantSource
from recovery.admin.acts import Act, Data
from recovery.admin.base import DeskAdmin, all_facts
from recovery.admin.contacts import PROPOSE_MAIL, SHOW_PERSONAL
from recovery.admin.destinations import PROPOSE_DESTINATION
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.people_acts import (
    ACTIVATE,
    DEACTIVATE,
    END_SESSIONS,
    ENROL_AGAIN,
    GRANT_ROLE,
    HIRE,
    REVOKE,
)
from recovery.admin.positions import positions_block
from recovery.admin.show import badge, link, masked_mail, moment, moment_cell, words
from recovery.domain.duties import Duty
from recovery.models import Claim, Event, RecoveryCase
from recovery.services.actors import Actor, staff_actor
from recovery.services.erasure import customer_erase
from recovery.services.positions import account_positions

_SOURCES = {
    GrantSource.PERSON: "an administrator",
    GrantSource.FOUNDING: "at the founding of the desk",
    GrantSource.PROVIDER: "a group at the identity provider",
}

# Duties come from roles alone; Django's groups would only pretend to give any.
admin.site.unregister(Group)


@admin.register(User)
class StaffAdmin(DeskAdmin):
    """Staff and what they may do. Roles are granted elsewhere, by somebody else."""

    list_display = ("username", "full_name", "roles_shown", "is_active")
    list_filter = ("is_active",)
    search_fields = ("username", "full_name")
    ordering = ("full_name", "username")
    acts = (GRANT_ROLE, END_SESSIONS, ENROL_AGAIN, DEACTIVATE, ACTIVATE)
    list_acts = (HIRE,)

    @display(description="Roles")
    def roles_shown(self, user: User) -> str:
        """Roles held now."""
        return ", ".join(sorted(words(role) for role in user.roles())) or "none"

    def page(self, visit: Visit) -> Page:
        """Roles and duties of one person; no password, no flags."""
        user: User = visit.subject
        grants = user.role_grants.select_related("granted_by").order_by("-granted_at")
        rows = [
            (
                link(
                    reverse("admin:accounts_rolegrant_change", args=[grant.pk]),
                    words(grant.role),
                ),
                str(grant.granted_by or _SOURCES[GrantSource(grant.source)]),
                moment_cell(grant.granted_at),
                moment_cell(grant.revoked_at),
            )
            for grant in grants
        ]
        duties = sorted(words(duty) for duty in staff_actor(user).duties)
        return Page(
            title=str(user),
            kind="Member of staff",
            badge=badge("active" if user.is_active else "inactive"),
            facts=[
                Fact("Login", user.username),
                Fact("Duties", ", ".join(duties) or "none"),
                Fact("Last seen", moment(user.last_login)),
            ],
            blocks=[
                table_block(
                    "Roles", heads("Role", "Granted by", "From", "Until"), rows
                ),
                *_sessions_blocks(visit.actor, user),
            ],
        )


def _sessions_blocks(actor: Actor, user: User) -> list[Block]:
    """The person's last sessions, for whoever administers people and for themselves."""
    is_own = actor.user is not None and actor.user.pk == user.pk
    if not (is_own or Duty.ADMINISTER_PEOPLE in actor.duties):
        return []
    rows = [
        (
            moment_cell(one.began_at),
            moment_cell(one.seen_at),
            one.address or "—",
            one.agent or "—",
            words(one.end) or "open",
        )
        for one in user.sessions.order_by("-seen_at")[:20]
    ]
    columns = heads("Signed in", "Last click", "Address", "Browser", "Ended")
    return [table_block("Sessions", columns, rows, empty="None yet.")]


@admin.register(RoleGrant)
class RoleGrantAdmin(DeskAdmin):
    """Who was given which role by whom."""

    list_display = ("user", "role", "granted_by", "granted_shown", "revoked_shown")
    list_filter = ("role",)
    ordering = ("-granted_at",)
    list_select_related = ("user", "granted_by")
    acts = (REVOKE,)

    @display(description="From", ordering="granted_at")
    def granted_shown(self, grant: RoleGrant) -> SafeString:
        """From when."""
        return moment_cell(grant.granted_at)

    @display(description="Until", ordering="revoked_at")
    def revoked_shown(self, grant: RoleGrant) -> SafeString:
        """Until when."""
        return moment_cell(grant.revoked_at)


def _erase_audit_values(
    actor: Actor, customer: Customer, _data: Data, _now: datetime
) -> str:
    erased = customer_erase(actor, customer)
    person = (
        "Name and mail stay: something goes on, and the customer must be reached."
        if erased.rows is None
        else f"The person was taken out of {erased.rows} rows."
    )
    return (
        f"Values erased: {erased.values}. Texts of ended cases erased: {erased.words}."
        f" {person} The audit's entries stay as they are."
    )


@admin.register(Customer)
class CustomerAdmin(DeskAdmin):
    """Customers; name and mail are masked until asked for, and that is recorded."""

    list_display = (
        "uid",
        "name_shown",
        "mail_shown",
        "client_class",
        "language",
        "jurisdiction",
    )
    list_filter = ("client_class", "jurisdiction")
    search_fields = ("uid__exact", "full_name__istartswith", "email__iexact")
    search_help_text = "UID, name or mail"
    ordering = ("-id",)
    acts = (
        SHOW_PERSONAL,
        PROPOSE_MAIL,
        PROPOSE_DESTINATION,
        Act(
            "erase-audit-values",
            "Erase personal values and words",
            _erase_audit_values,
            "Erased.",
            frozenset({Duty.ADMINISTER_PEOPLE}),
            tone="danger",
            hint="Beside the audit, of ended cases, and the person where nothing goes on.",
        ),
    )

    @display(description="Name", ordering="full_name")
    def name_shown(self, customer: Customer) -> str:
        """Masked."""
        return masked_name(customer.full_name)

    @display(description="Mail on file")
    def mail_shown(self, customer: Customer) -> str:
        """Masked."""
        return masked_mail(customer.email)

    def page(self, visit: Visit) -> Page:
        """Who it is, their accounts and cases."""
        customer: Customer = visit.subject
        return Page(
            title=str(customer),
            kind="Customer",
            facts=[
                Fact("UID", customer.uid),
                Fact("Mail on file", masked_mail(customer.email)),
                Fact("No code and no money before", moment(customer.cooling_until)),
                Fact("Client class", words(customer.client_class)),
                Fact("Language", customer.language),
                Fact("Jurisdiction", customer.jurisdiction),
                Fact("Since", moment(customer.created_at)),
            ],
            blocks=[
                _accounts_block(customer),
                _destinations_block(customer),
                _cases_block(customer),
            ],
        )


def _accounts_block(customer: Customer) -> Block:
    rows = [
        (
            link(
                reverse("admin:accounts_tradingaccount_change", args=[account.pk]),
                account.number,
            ),
            account.venue,
            words(account.kind),
        )
        for account in customer.trading_accounts.order_by("venue", "number")
    ]
    return table_block("Trading accounts", heads("Number", "Venue", "Kind"), rows)


def _destinations_block(customer: Customer) -> Block:
    rows = [
        (
            link(reverse("admin:accounts_destination_change", args=[one.pk]), str(one)),
            one.asset,
            words(one.status),
            moment_cell(one.usable_at),
        )
        for one in customer.destinations.order_by("-pk")[:50]
    ]
    columns = heads("Destination", "Asset", "Status", "Usable from")
    return table_block("Destinations", columns, rows, empty="None yet.")


def _cases_block(customer: Customer) -> Block:
    cases = RecoveryCase.objects.filter(customer=customer).order_by("-pk")[:100]
    rows = [
        (
            link(
                reverse("admin:recovery_recoverycase_change", args=[case.pk]),
                case.reference,
            ),
            badge(case.status),
            moment_cell(case.opened_at),
        )
        for case in cases
    ]
    return table_block("Cases", heads("Case", "Status", "Opened"), rows)


@admin.register(TradingAccount)
class TradingAccountAdmin(DeskAdmin):
    """Accounts at venues."""

    list_display = ("number", "venue", "kind", "customer", "seen_shown")
    list_filter = ("venue", "kind", ("customer", admin.EmptyFieldListFilter))
    search_fields = ("number__exact", "customer__uid__exact")
    search_help_text = "Account number or UID"
    ordering = ("-id",)
    list_select_related = ("customer",)

    @display(description="First seen", ordering="first_seen_at")
    def seen_shown(self, account: TradingAccount) -> SafeString:
        """When."""
        return moment_cell(account.first_seen_at)

    def page(self, visit: Visit) -> Page:
        """Whose it is and what happened on it."""
        account: TradingAccount = visit.subject
        events = Event.objects.filter(account=account).order_by("-started_at")[:100]
        rows = [
            (
                link(
                    reverse("admin:recovery_event_change", args=[event.pk]),
                    event.reference,
                ),
                words(event.kind),
                event.instrument,
                moment_cell(event.ended_at),
            )
            for event in events
        ]
        columns = heads("Event", "Kind", "Instrument", "Ended")
        return Page(
            title=str(account),
            kind="Trading account",
            facts=all_facts(account),
            blocks=[
                table_block("Events", columns, rows, empty="None found."),
                *positions_block(account_positions(account)),
            ],
        )


@admin.register(Claim)
class ClaimAdmin(DeskAdmin):
    """What was filed, matched or not."""

    list_display = (
        "reference",
        "account_number",
        "transaction_id",
        "case",
        "customer",
        "filed_shown",
    )
    list_filter = (("case", admin.EmptyFieldListFilter),)
    search_fields = (
        "reference__startswith",
        "account_number__exact",
        "transaction_id__exact",
    )
    search_help_text = "Claim reference, account or transaction id"
    ordering = ("-id",)
    list_select_related = ("case", "customer")

    @display(description="Filed", ordering="filed_at")
    def filed_shown(self, claim: Claim) -> SafeString:
        """When."""
        return moment_cell(claim.filed_at)
