"""Payout batches: build, release, file out, confirmation file in."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.base import DeskAdmin
from recovery.admin.downloads import file_download
from recovery.admin.forms import DeskForm
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    counted,
    link,
    moment,
    moment_cell,
    words,
)
from recovery.domain.duties import Duty
from recovery.domain.words import PaymentKind
from recovery.models import PayoutBatch
from recovery.services.actors import Actor
from recovery.services.batches import (
    batch_build,
    batch_path,
    batch_release,
    confirmations_read,
)

_CONFIRMATION_BYTES_MAX = 20_000_000


class ConfirmationForm(DeskForm):
    """A confirmation file from the bank or the wallet system."""

    file = forms.FileField(
        label="Confirmation file (CSV)",
        help_text="Columns: payment_reference, status, confirmation_reference, "
        "asset, amount. All lines are taken, or none.",
    )

    def clean_file(self) -> str:
        """Read it as UTF-8 text of a sane size."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > _CONFIRMATION_BYTES_MAX:
            raise ValidationError("The file is larger than 20 MB.")
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ValidationError("The file is no UTF-8 text.") from error


def _build(actor: Actor, kind: PaymentKind, now: datetime) -> Outcome:
    batch = batch_build(actor, kind, now=now)
    told = f"{batch.reference} built with {counted(batch.lines, 'payment')}"
    url = reverse("admin:recovery_payoutbatch_change", args=[batch.pk])
    return Outcome(f"{told}; somebody else releases it.", url)


def _release(actor: Actor, batch: PayoutBatch, now: datetime) -> Outcome:
    released = batch_release(actor, batch, now=now)
    url = reverse("admin:recovery_payoutbatch_change", args=[released.pk])
    return Outcome("Released. Its payments count as sent; the file is ready.", url)


def _confirm(actor: Actor, _batch: object, data: Data, now: datetime) -> str:
    counts = confirmations_read(actor, data["file"], now=now)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return f"Confirmation file taken: {told}."


def _may_release(actor: Actor, batch: PayoutBatch) -> bool:
    if actor.user is None or batch.released_at is not None:
        return False
    mine = Q(proposer=actor.user) | Q(approvals__approver=actor.user)
    touched = batch.payments.filter(mine).exists()
    return batch.built_by_id != actor.user.pk and not touched


BATCH_ACTS = (
    Act(
        "release",
        "Release the batch",
        lambda actor, batch, _data, now: _release(actor, batch, now),
        "Released.",
        frozenset({Duty.RELEASE_BATCH}),
        fits=_may_release,
        tone="primary",
        hint="Writes the instruction file. This cannot be taken back.",
    ),
)
BATCH_LIST_ACTS = (
    Act(
        "build-credit",
        "Build a credit batch",
        lambda actor, _none, _data, now: _build(actor, PaymentKind.CREDIT, now),
        "Built.",
        frozenset({Duty.BUILD_BATCH}),
        hint="Gathers every approved credit.",
        tone="primary",
    ),
    Act(
        "build-goodwill",
        "Build a goodwill batch",
        lambda actor, _none, _data, now: _build(actor, PaymentKind.GOODWILL, now),
        "Built.",
        frozenset({Duty.BUILD_BATCH}),
        hint="Gathers all approved goodwill, apart from what is owed.",
    ),
    Act(
        "build-withdrawal",
        "Build a withdrawal batch",
        lambda actor, _none, _data, now: _build(actor, PaymentKind.WITHDRAWAL, now),
        "Built.",
        frozenset({Duty.BUILD_BATCH}),
        hint="Gathers every approved withdrawal.",
        tone="primary",
    ),
    Act(
        "confirmations",
        "Upload a confirmation file",
        _confirm,
        "Taken.",
        frozenset({Duty.CONFIRM_PAYMENT}),
        ConfirmationForm,
    ),
)


def totals_text(batch: PayoutBatch) -> str:
    """Sums per asset in one line."""
    return ", ".join(
        amount_text(Decimal(total), asset) for asset, total in batch.totals.items()
    )


@admin.register(PayoutBatch)
class BatchAdmin(DeskAdmin):
    """Batches, newest first."""

    list_display = (
        "reference",
        "kind",
        "lines",
        "totals_shown",
        "state_shown",
        "built_by",
        "built_shown",
        "released_by",
    )
    list_filter = ("kind", ("released_at", admin.EmptyFieldListFilter))
    search_fields = ("reference__startswith",)
    ordering = ("-id",)
    acts = BATCH_ACTS
    list_acts = BATCH_LIST_ACTS
    list_select_related = ("built_by", "released_by")

    @display(description="Totals")
    def totals_shown(self, batch: PayoutBatch) -> str:
        """Sums per asset."""
        return totals_text(batch)

    @display(description="State")
    def state_shown(self, batch: PayoutBatch) -> SafeString:
        """Waiting or released."""
        return _state(batch)

    @display(description="Built", ordering="built_at")
    def built_shown(self, batch: PayoutBatch) -> SafeString:
        """When."""
        return moment_cell(batch.built_at)

    def page(self, visit: Visit) -> Page:
        """Control figures and every line."""
        batch: PayoutBatch = visit.subject
        released = "not yet"
        if batch.released_at:
            released = f"{batch.released_by}, {moment(batch.released_at)}"
        facts = [
            Fact("Kind", words(batch.kind)),
            Fact("Built by", f"{batch.built_by}, {moment(batch.built_at)}"),
            Fact("Released by", released),
            Fact("Hash total", batch.hash_total),
        ]
        if batch.file_name:
            file = link(self.url("file", batch.pk), f"Download {batch.file_name}")
            facts += [Fact("File", file), Fact("File's SHA-256", batch.file_sha256)]
        return Page(
            title=batch.reference,
            kind="Payout batch",
            badge=_state(batch),
            headline=f"{counted(batch.lines, 'line')}, {totals_text(batch)}.",
            facts=facts,
            blocks=[_lines_block(batch)],
            notices=_own_notice(visit, batch),
        )

    def own_urls(self) -> list[URLPattern]:
        """The file of a released batch."""
        return [
            path(
                "<int:pk>/file/",
                self.admin_site.admin_view(self.file_view),
                name="recovery_payoutbatch_file",
            )
        ]

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Hand the instruction file out."""
        batch = self.row(request, pk)
        if not batch.file_name:
            raise Http404
        return file_download(batch_path(batch), batch.file_name)


def _state(batch: PayoutBatch) -> SafeString:
    if batch.released_at is None:
        return badge("waits for release", "wait")
    return badge("released", "good")


def _own_notice(visit: Visit, batch: PayoutBatch) -> list[str]:
    if batch.released_at is not None or not visit.is_me(batch.built_by_id):
        return []
    return ["You built this batch: a second person must release it."]


def _lines_block(batch: PayoutBatch) -> Block:
    payments = batch.payments.select_related("case", "proposer", "approver")
    rows = [
        (
            link(
                reverse("admin:recovery_payment_change", args=[payment.pk]),
                payment.reference,
            ),
            payment.case.reference,
            amount_cell(payment.amount, payment.asset),
            badge(payment.status),
            str(payment.proposer),
            str(payment.approver or "—"),
        )
        for payment in payments.order_by("pk")[:1000]
    ]
    columns = heads("Payment", "Case", "#Amount", "Status", "Proposer", "Approver")
    return table_block("Lines", columns, rows, empty="No lines.")
