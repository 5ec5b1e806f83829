"""The approvals inbox: everything proposed that this person may approve."""

from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from recovery.admin.acts import Act, OfferedAct, offered
from recovery.admin.base import DeskAdmin
from recovery.admin.batches import BATCH_ACTS, totals_text
from recovery.admin.case_acts import CASE_ACTS
from recovery.admin.case_page import case_headline
from recovery.admin.payment_acts import PAYMENT_ACTS
from recovery.admin.permissions import actor_of
from recovery.admin.sealed import Sealed, sealed_decision, sealed_payment
from recovery.admin.show import counted, moment, words
from recovery.domain.duties import Duty
from recovery.models import (
    Approval,
    Decision,
    Payment,
    PayoutBatch,
    UnclaimedRelease,
)
from recovery.selectors.desk import (
    batches_waiting,
    decisions_waiting,
    payments_waiting,
)
from recovery.selectors.waiting import ALSO_WAITING
from recovery.services.actors import Actor

_SHOWN_MAX = 25


def waiting_for(actor: Actor) -> dict[str, "QuerySet[Any]"]:
    """What waits for this actor's approval, by kind."""
    if actor.user is None:
        return {}
    candidates = {
        "decisions": (Duty.APPROVE_DECISION, decisions_waiting),
        "payments": (Duty.APPROVE_PAYMENT, payments_waiting),
        "batches": (Duty.RELEASE_BATCH, batches_waiting),
    }
    return {
        name: select(actor.user)
        for name, (duty, select) in candidates.items()
        if duty in actor.duties
    }


@admin.register(Approval)
class ApprovalAdmin(DeskAdmin):
    """The list is the inbox; a page is one approval as it was given."""

    list_select_related = ("decision__case", "payment", "proposer", "approver")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everything proposed that this person may approve."""
        if not self.has_view_permission(request) or request.method != "GET":
            raise PermissionDenied
        actor = actor_of(request)
        waiting = waiting_for(actor)
        return TemplateResponse(
            request,
            "recovery/desk/approvals.html",
            {
                **self.admin_site.each_context(request),
                **(extra_context or {}),
                "title": "Approvals",
                "opts": self.opts,
                "is_fullwidth": "1",
                "inbox_url": self.url("changelist"),
                "may_approve": bool(waiting),
                "groups": [
                    ("Decisions", _decisions(actor, waiting.get("decisions"))),
                    ("Payments", _payments(actor, waiting.get("payments"))),
                    ("Batches", _batches(actor, waiting.get("batches"))),
                ],
                "also": _also(actor),
                "given": _given(),
            },
        )


def _acts(
    acts: tuple[Act, ...], name: str, actor: Actor, subject: Any, kind: str
) -> list[OfferedAct]:
    one = tuple(act for act in acts if act.name == name)
    return offered(
        one,
        actor,
        subject,
        lambda act: reverse(f"admin:recovery_{kind}_act", args=[subject.pk, act]),
    )


def _decisions(actor: Actor, rows: "QuerySet[Decision] | None") -> list[Sealed]:
    return [
        sealed_decision(
            decision,
            _acts(CASE_ACTS, "approve", actor, decision.case, "recoverycase"),
            url=reverse("admin:recovery_recoverycase_change", args=[decision.case_id]),
            answer=case_headline(decision.case),
        )
        for decision in (rows[:_SHOWN_MAX] if rows is not None else [])
    ]


def _payments(actor: Actor, rows: "QuerySet[Payment] | None") -> list[Sealed]:
    return [
        sealed_payment(
            payment,
            _acts(PAYMENT_ACTS, "approve", actor, payment, "payment"),
            url=reverse("admin:recovery_payment_change", args=[payment.pk]),
        )
        for payment in (rows[:_SHOWN_MAX] if rows is not None else [])
    ]


def _batches(actor: Actor, rows: "QuerySet[PayoutBatch] | None") -> list[Sealed]:
    return [
        Sealed(
            title=f"{batch.reference}: {words(batch.kind)}, {counted(batch.lines, 'line')}, "
            f"{totals_text(batch)}, built by {batch.built_by} "
            f"on {moment(batch.built_at)}",
            facts=[],
            digest=batch.hash_total,
            text="",
            differences=[],
            acts=_acts(BATCH_ACTS, "release", actor, batch, "payoutbatch"),
            url=reverse("admin:recovery_payoutbatch_change", args=[batch.pk]),
        )
        for batch in (rows[:_SHOWN_MAX] if rows is not None else [])
    ]


def _given() -> list[Approval]:
    rows = Approval.objects.select_related(
        "decision__case", "payment", "proposer", "approver"
    )
    return list(rows.order_by("-pk")[:10])


class Other(NamedTuple):
    """Things of one kind that wait on pages of their own."""

    title: str
    number: int
    links: list[tuple[str, str]]


def _also(actor: Actor) -> list[Other]:
    """What else waits for this person, each linked to the page where it is confirmed."""
    if actor.user is None:
        return []
    found = []
    for kind in ALSO_WAITING:
        if kind.duties & actor.duties:
            rows = kind.rows(actor.user)
            links = [(str(row), _page_of(row)) for row in rows[:_SHOWN_MAX]]
            if links:
                found.append(Other(kind.title, rows.count(), links))
    return found


def _page_of(row: Model) -> str:
    """Where a thing is confirmed; a release on the page of its case."""
    shown = row.decision.case if isinstance(row, UnclaimedRelease) else row
    meta = shown._meta  # noqa: SLF001 - what Django documents for this
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[shown.pk])
