"""The desk's look, navigation and search, as unfold reads them."""

from functools import partial
from typing import Any, cast

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.functional import Promise

_READS_DESK = "recovery.admin.permissions.reads_desk"
_READS_SCRATCH = "recovery.admin.permissions.reads_scratch"
_READS_AUDIT = "recovery.admin.permissions.reads_audit"


def _nav(
    title: str, icon: str, view: str, permission: str = _READS_DESK
) -> dict[str, object]:
    """One line of the desk's navigation."""
    link = reverse_lazy(f"admin:{view}")
    return {
        "title": title,
        "icon": icon,
        "link": link,
        "permission": permission,
        "active": partial(_is_here, link),
    }


def _is_here(link: str | Promise, request: HttpRequest) -> bool:
    """Whether a page lies under this line, and under no longer one."""
    own, here = str(link), request.path
    if own == reverse("admin:index"):
        return here == own
    return here.startswith(own) and not any(
        here.startswith(other) for other in _links() if len(other) > len(own)
    )


def _links() -> list[str]:
    """Where all lines of the navigation lead."""
    groups = cast("dict[str, Any]", DESK["SIDEBAR"])["navigation"]
    return [str(item["link"]) for group in groups for item in group["items"]]


DESK: dict[str, object] = {
    "SITE_TITLE": "Recovery Desk",
    "SITE_HEADER": "Recovery Desk",
    "SITE_SYMBOL": "account_balance_wallet",
    "SITE_URL": "/desk/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("desk/favicon.svg"),
        }
    ],
    "STYLES": [lambda _request: static("desk/desk.css")],
    "SCRIPTS": [
        lambda _request: static("desk/policy.js"),
        lambda _request: static("desk/progress.js"),
        lambda _request: static("desk/files.js"),
        lambda _request: static("desk/sending.js"),
        lambda _request: static("desk/copy.js"),
        lambda _request: static("desk/picture.js"),
        lambda _request: static("desk/map_columns.js"),
    ],
    "DASHBOARD_CALLBACK": "recovery.admin.dashboard.dashboard",
    "COMMAND": {"search_callback": "recovery.admin.dashboard.desk_search"},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .02 200)",
            "100": "oklch(94% .04 200)",
            "200": "oklch(89% .07 201)",
            "300": "oklch(82% .10 203)",
            "400": "oklch(72% .12 208)",
            "500": "oklch(61% .11 215)",
            "600": "oklch(50% .09 218)",
            "700": "oklch(43% .08 220)",
            "800": "oklch(38% .07 222)",
            "900": "oklch(33% .06 223)",
            "950": "oklch(25% .05 224)",
        }
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Work",
                "items": [
                    _nav("Desk", "dashboard", "index"),
                    _nav("Queue", "inbox", "recovery_recoverycase_changelist"),
                    _nav("Approvals", "verified", "recovery_approval_changelist"),
                    _nav("Breaks", "report", "recovery_break_changelist"),
                    _nav("Events", "bolt", "recovery_event_changelist"),
                    _nav("Claims", "mail", "recovery_claim_changelist"),
                    _nav("Notices", "notifications", "recovery_staffnotice_changelist"),
                    _nav("Watch list", "visibility", "recovery_watchentry_changelist"),
                    _nav("Mail texts", "drafts", "recovery_staffnotice_mails"),
                ],
            },
            {
                "title": "Data",
                "separator": True,
                "items": [
                    _nav(
                        "Scratch",
                        "edit_note",
                        "recovery_sourcefile_scratch",
                        _READS_SCRATCH,
                    ),
                    _nav("Files we read", "menu_book", "recovery_sourcefile_catalogue"),
                    _nav("Imports", "upload_file", "recovery_sourcefile_changelist"),
                    _nav("Ledger", "receipt_long", "recovery_ledgerentry_changelist"),
                    _nav("Unknown rows", "help", "recovery_operationmapping_unknown"),
                    _nav("Own layouts", "schema", "recovery_layoutmapping_changelist"),
                    _nav("Jobs", "progress_activity", "recovery_job_changelist"),
                ],
            },
            {
                "title": "Money out",
                "separator": True,
                "items": [
                    _nav("Payments", "payments", "recovery_payment_changelist"),
                    _nav("Batches", "outbox", "recovery_payoutbatch_changelist"),
                    _nav(
                        "Conversions",
                        "currency_exchange",
                        "recovery_conversion_changelist",
                    ),
                    _nav("Deficits", "trending_down", "recovery_collection_changelist"),
                    _nav("Shares", "pie_chart", "recovery_recordedshare_changelist"),
                    _nav("Set-offs", "balance", "recovery_setoff_changelist"),
                    _nav("Adjustments", "tune", "recovery_adjustment_changelist"),
                    _nav("Owed, not claimed", "savings", "recovery_payment_unclaimed"),
                ],
            },
            {
                "title": "Finance",
                "separator": True,
                "items": [
                    _nav("Workbooks", "table_view", "recovery_workbook_changelist"),
                ],
            },
            {
                "title": "Rules",
                "separator": True,
                "items": [
                    _nav("Fee schedules", "percent", "recovery_feeschedule_changelist"),
                    _nav(
                        "Liquidation policies",
                        "policy",
                        "recovery_liquidationpolicy_changelist",
                    ),
                    _nav(
                        "Approval policies",
                        "how_to_reg",
                        "recovery_approvalpolicy_changelist",
                    ),
                    _nav(
                        "Dust and dormancy",
                        "grain",
                        "recovery_unclaimedrule_changelist",
                    ),
                    _nav(
                        "Set-off policies",
                        "rule",
                        "recovery_setoffpolicy_changelist",
                    ),
                    _nav("Network fees", "toll", "recovery_networkfeerule_changelist"),
                    _nav(
                        "Goodwill budgets",
                        "redeem",
                        "recovery_goodwillbudget_changelist",
                    ),
                    _nav(
                        "Goodwill reasons",
                        "lightbulb",
                        "recovery_goodwillreason_changelist",
                    ),
                    _nav("Prices", "sell", "recovery_assetprice_changelist"),
                    _nav(
                        "Tier memberships",
                        "military_tech",
                        "recovery_feetiermembership_changelist",
                    ),
                    _nav(
                        "Instruments",
                        "candlestick_chart",
                        "recovery_instrument_changelist",
                    ),
                ],
            },
            {
                "title": "People",
                "separator": True,
                "items": [
                    _nav("Customers", "group", "accounts_customer_changelist"),
                    _nav(
                        "Trading accounts",
                        "account_balance",
                        "accounts_tradingaccount_changelist",
                    ),
                    _nav("Destinations", "pin_drop", "accounts_destination_changelist"),
                    _nav("Rests", "hourglass_top", "accounts_cooldown_changelist"),
                    _nav("New mails", "mail_lock", "accounts_contactchange_changelist"),
                    _nav("Staff", "badge", "accounts_user_changelist"),
                ],
            },
            {
                "title": "Audit",
                "separator": True,
                "items": [
                    _nav(
                        "Audit",
                        "history",
                        "recovery_auditentry_changelist",
                        _READS_AUDIT,
                    ),
                    _nav(
                        "Looks",
                        "visibility",
                        "accounts_personallook_changelist",
                        _READS_AUDIT,
                    ),
                    _nav(
                        "Stray messages",
                        "unsubscribe",
                        "recovery_straymessage_changelist",
                        _READS_AUDIT,
                    ),
                    _nav(
                        "Mails",
                        "outgoing_mail",
                        "recovery_outboxmessage_changelist",
                        _READS_AUDIT,
                    ),
                ],
            },
        ],
    },
}
