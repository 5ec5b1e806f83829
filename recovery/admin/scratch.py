"""The scratch page: paste rows or type a position, read the story, keep nothing."""

from collections.abc import Callable, Sequence

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from recovery.admin.import_knowledge import like_words
from recovery.admin.pages import Block, Fact, heads, table_block
from recovery.admin.permissions import actor_of, reads_scratch
from recovery.admin.role_words import role_cell
from recovery.admin.scratch_forms import PasteForm, PositionForm
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    counted,
    flow_word,
    moment,
    variance_text,
    words,
)
from recovery.admin.story_picture import picture_address, story_picture
from recovery.admin.waterfall import waterfall
from recovery.domain.errors import DutyMissingError, RecoveryError
from recovery.domain.ledger_sums import Verdict
from recovery.domain.story import Step
from recovery.domain.story_words import StoryWords
from recovery.models import Provenance
from recovery.services.previews import Said, preview_paste
from recovery.services.scratch import (
    Scratch,
    ScratchEvent,
    ScratchSaid,
    WalletStory,
    scratch_read,
)
from recovery.services.scratch_position import (
    PositionAnswer,
    TypedPosition,
    position_answers,
)
from recovery.venues.headerless import UNNAMED

_SHOWN = 200
_VERDICTS = {Verdict.MATCH: "good", Verdict.MISMATCH: "bad", Verdict.UNKNOWN: "calm"}


def scratch_view(
    context: Callable[[HttpRequest], dict[str, object]],
) -> Callable[[HttpRequest], HttpResponse]:
    """The view; what is posted is answered in the same response and forgotten."""

    def view(request: HttpRequest) -> HttpResponse:
        if not reads_scratch(request):
            raise PermissionDenied
        shown: dict[str, object] = {"paste": PasteForm(), "position": PositionForm()}
        status = 200
        if "keep" in request.POST:
            return _keep(request)
        if request.method == "POST":
            answer = _answer_position if "quantity" in request.POST else _answer_paste
            shown |= answer(request)
            status = 400 if shown.get("refusal") else 200
        return TemplateResponse(
            request,
            "recovery/desk/scratch.html",
            {**context(request), "title": "Scratch", "is_fullwidth": "1", **shown},
            status=status,
        )

    return view


def _answer_paste(request: HttpRequest) -> dict[str, object]:
    form = PasteForm(request.POST)
    if not form.is_valid():
        return {"paste": form, "refusal": _first_error(form)}
    said = _said(form)
    try:
        found = scratch_read(form.cleaned_data["rows"], said)
    except RecoveryError as refusal:
        return {"paste": form, "refusal": str(refusal)}
    return {
        "paste": form,
        "may_keep": found.had_header,
        "is_read": True,
        "headline": _headline(found),
        "notices": _notices(found, said),
        "events": [_event(one, found) for one in found.events],
        "stories": [
            {"ident": f"wallet-{number}", **_wallet_story(one, found)}
            for number, one in enumerate(found.stories, start=1)
        ],
        "blocks": _blocks(found),
    }


def _keep(request: HttpRequest) -> HttpResponse:
    """Take the rows in as a file: looked into first, loaded when somebody says so."""
    form = PasteForm(request.POST)
    if not form.is_valid():
        raise SuspiciousOperation(_first_error(form))
    try:
        source = preview_paste(
            actor_of(request), form.cleaned_data["rows"], _said_of_file(form)
        )
    except DutyMissingError as refusal:
        raise PermissionDenied from refusal
    messages.success(request, "Kept as a source file; nothing is loaded yet.")
    return HttpResponseRedirect(
        reverse("admin:recovery_sourcefile_change", args=[source.pk])
    )


def _said_of_file(form: PasteForm) -> Said:
    """What somebody pasted counts as sent by the customer: it proves no amount."""
    said = _said(form)
    return Said(
        provenance=Provenance.CUSTOMER_SUPPLIED,
        venue=said.venue,
        account_number=said.account,
        zone=said.zone,
        day_order=said.day_order,
    )


def _said(form: PasteForm) -> ScratchSaid:
    return ScratchSaid(
        venue=form.cleaned_data["venue"],
        account=form.cleaned_data["account"].strip(),
        zone=form.cleaned_data["zone"].strip(),
        day_order=form.cleaned_data["day_order"],
        language=form.cleaned_data["language"] or "en",
        from_at=form.cleaned_data["from_at"],
        until_at=form.cleaned_data["until_at"],
        baselines=form.cleaned_data["baselines"],
        stated=form.cleaned_data["stated"],
    )


def _answer_position(request: HttpRequest) -> dict[str, object]:
    form = PositionForm(request.POST)
    if not form.is_valid():
        return {"position": form, "refusal": _first_error(form)}
    try:
        answers = position_answers(
            TypedPosition(**form.cleaned_data), now=timezone.now()
        )
    except RecoveryError as refusal:
        return {"position": form, "refusal": str(refusal)}
    return {"position": form, "answers": [_fact(one) for one in answers]}


def _first_error(form: forms.Form) -> str:
    name, problems = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else "Form"
    return f"{label or words(name)}: {' '.join(map(str, problems))}"


def _fact(answer: PositionAnswer) -> Fact:
    if answer.value is None:
        return Fact(answer.label, f"not known: {answer.why_not}")
    return Fact(answer.label, amount_text(round(answer.value, 8).normalize()))


def _headline(found: Scratch) -> str:
    layout, runner_up = found.recognition.layout, found.recognition.runner_up
    how = "by its header" if found.had_header else "by the shape of its cells"
    like = like_words(layout.venue, layout.name, found.recognition.score)
    rival = ""
    if runner_up and runner_up.score:
        name, score = runner_up.layout.name, runner_up.score
        rival = f" Next best: {like_words(runner_up.layout.venue, name, score)}."
    return (
        f"{like}, recognised {how}. {found.records:,} rows = "
        f"{len(found.lines):,} understood + {len(found.ignored):,} left out + "
        f"{len(found.problems):,} unreadable. Times: {found.zone}.{rival}"
    )


def _notices(found: Scratch, said: ScratchSaid) -> list[str]:
    notices = list(found.notes[:_SHOWN])
    notices += [
        f"Row type “{name}” is not known, {counted(count, 'row')}: the money counts."
        for name, count in sorted(found.unknown_operations.items())
    ]
    notices += [
        f"Row type “{name}”, {counted(count, 'row')}: read as staff approved."
        for name, count in sorted(found.meant_operations.items())
    ]
    notices += [
        f"A liquidation of {name} is in the rows, but nobody wrote rules for it."
        for name in dict.fromkeys(found.unruled)
    ]
    notices += [
        f"A transfer of exactly the balance before the first row stands in the rows "
        f"of {one.asset}: is it counted twice?"
        for one in found.wallets
        if one.repeats_baseline
    ]
    moved = {one.asset for one in found.wallets}
    notices += [
        f"No row moves {asset}: the balance given for it is compared with nothing."
        for asset in sorted({*said.baselines, *said.stated} - moved)
    ]
    if not found.events and not found.unruled:
        notices.append("No liquidation was found in these rows.")
    return notices


def _told(
    sentences: Sequence[str], steps: Sequence[Step], asset: str, words: StoryWords
) -> dict[str, object]:
    """A story as text and as a picture."""
    picture = story_picture(sentences, steps, asset, words)
    return {
        "story": "\n".join(sentences),
        "direction": words.direction,
        "language": words.code,
        "image": picture_address(picture),
    }


def _wallet_story(one: WalletStory, found: Scratch) -> dict[str, object]:
    whose = "" if one.account == UNNAMED else f" of account {one.account}"
    return {
        "title": f"All rows in {one.asset}{whose}",
        **_told(one.sentences, one.steps, one.asset, found.words),
    }


def _event(one: ScratchEvent, found: Scratch) -> dict[str, object]:
    assessment, window = one.assessment, one.window
    title = f"{words(window.kind)} of {window.instrument}"
    reason = words(one.finding.reason) if one.finding.reason else "everything ties"
    return {
        "title": title,
        "headline": f"{variance_text(assessment.variance, assessment.asset)}: {reason}",
        "facts": [
            Fact("Started", moment(window.started_at)),
            Fact("Ended", moment(window.ended_at)),
            Fact("Expected", amount_text(assessment.residual, assessment.asset)),
            Fact("Received", amount_text(assessment.received, assessment.asset)),
            Fact("Below zero", amount_text(assessment.deficit, assessment.asset)),
        ],
        **_told(one.sentences, one.steps, assessment.asset, found.words),
        "picture": waterfall(assessment.lines, assessment.asset),
    }


def _blocks(found: Scratch) -> list[Block]:
    return [
        _wallets_block(found),
        _instruments_block(found),
        _operations_block(found),
        _problems_block(found),
        _ignored_block(found),
    ]


def _wallets_block(found: Scratch) -> Block:
    rows = [
        (
            one.account,
            one.asset,
            amount_cell(one.baseline),
            amount_cell(one.moved, word=flow_word(one.moved)),
            amount_cell(one.expected),
            amount_cell(one.stated),
            amount_cell(one.difference),
            badge(one.verdict, _VERDICTS[one.verdict]),
        )
        for one in found.wallets
    ]
    columns = heads(
        "Account",
        "Asset",
        "#Before",
        "#Moved",
        "#Expected",
        "#Stated",
        "#Difference",
        "Result",
    )
    return table_block("Wallet, replayed", columns, rows)


def _instruments_block(found: Scratch) -> Block:
    rows = [
        (
            one.instrument,
            one.asset,
            *(
                amount_cell(part)
                for part in (
                    one.realised, one.funding, one.fees, one.insurance, one.other
                )
            ),
            amount_cell(one.net, word=flow_word(one.net)),
        )
        for one in found.instruments
    ]  # fmt: skip
    columns = heads(
        "Instrument",
        "Asset",
        "#Realised",
        "#Funding",
        "#Fees",
        "#Insurance",
        "#Other",
        "#Net",
    )
    return table_block("By instrument", columns, rows)


def _operations_block(found: Scratch) -> Block:
    rows = [
        (
            one.operation,
            role_cell(one.role),
            one.asset,
            f"{one.lines:,}",
            amount_cell(one.amount, word=flow_word(one.amount)),
        )
        for one in found.operations
    ]
    return table_block(
        "By row type", heads("Row type", "What it is", "Asset", "#Rows", "#Sum"), rows
    )


def _problems_block(found: Scratch) -> Block:
    rows = [
        (str(one.row_number), one.column or "the whole row", one.value, one.reason)
        for one in found.problems[:_SHOWN]
    ]
    columns = heads("#Row", "Column", "Value", "Reason")
    return table_block("Unreadable rows", columns, rows, empty="None.")


def _ignored_block(found: Scratch) -> Block:
    rows = [(str(one.row_number), one.reason) for one in found.ignored[:_SHOWN]]
    return table_block("Left out", heads("#Row", "Why"), rows, empty="None.")
