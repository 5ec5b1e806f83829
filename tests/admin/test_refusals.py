"""Who is not let in, and what nobody may do by a page, a list or a field."""

import pytest
from django.contrib import admin
from django.db.models import Model
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from accounts.models import Customer, User
from accounts.roles import Role
from recovery.models import (
    AuditEntry,
    Decision,
    Payment,
    PayoutBatch,
    RecoveryCase,
)
from recovery.services.actors import staff_actor
from recovery.services.batches import batch_build
from tests import factories
from tests.admin.doors import (
    desk_addresses,
    list_url,
    page_url,
    registered_models,
    signed_in,
    take,
    text_of,
)
from tests.people import prove_factor

pytestmark = pytest.mark.django_db
Rows = dict[type[Model], Model]


def is_turned_away(client: Client, address: str) -> bool:
    """Both by reading and by posting: sent to the login, or told no."""
    answers = [client.get(address), client.post(address)]
    return all(
        one.status_code in (403, 405)
        or (one.status_code == 302 and "/desk/login/" in one["Location"])
        for one in answers
    )


def test_every_table_of_the_desk_has_a_row_in_these_tests(rows: Rows) -> None:
    assert [model for model in registered_models() if model not in rows] == []


def test_nobody_comes_in_without_signing_in(rows: Rows) -> None:
    let_in = [
        address
        for address in desk_addresses(rows)
        if not is_turned_away(Client(), address)
    ]
    assert let_in == []


def test_staff_without_a_role_see_no_page(rows: Rows) -> None:
    client = signed_in(factories.staff("nora"))
    let_in = [
        address
        for address in desk_addresses(rows)
        if not is_turned_away(client, address)
    ]
    assert let_in == []


def test_a_superuser_without_a_role_sees_no_page_and_holds_no_duty(rows: Rows) -> None:
    user = factories.staff("sudo")
    user.is_superuser = True
    user.save()
    assert staff_actor(user).duties == frozenset()
    client = signed_in(user)
    let_in = [
        address
        for address in desk_addresses(rows)
        if not is_turned_away(client, address)
    ]
    assert let_in == []


def test_a_revoked_role_opens_nothing(ada: User) -> None:
    ada.role_grants.update(revoked_at=factories.NOW)
    assert signed_in(ada).get("/desk/").status_code == 302


def test_support_reads_no_audit(rows: Rows) -> None:
    client = signed_in(factories.staff("sam", Role.SUPPORT))
    entry = rows[AuditEntry]
    assert client.get(list_url(AuditEntry)).status_code == 403
    assert client.get(page_url(entry)).status_code == 403
    assert list_url(AuditEntry) not in text_of(client.get("/desk/"))


def test_posting_fields_to_any_page_changes_nothing(rows: Rows) -> None:
    user = factories.staff("eve", *Role)
    client = signed_in(user)
    before = {row: stored(row) for row in rows.values()}
    counts = {model: model.objects.count() for model in rows}
    for model, row in rows.items():
        meta = model._meta
        fields = {**forged(row), "_save": "Save"}
        base = f"admin:{meta.app_label}_{meta.model_name}"
        for address in (
            page_url(row),
            reverse(f"{base}_add"),
            reverse(f"{base}_delete", args=[row.pk]),
        ):
            assert client.post(address, {**fields, "post": "yes"}).status_code == 403
        client.post(
            list_url(model),
            {
                "action": "delete_selected",
                "_selected_action": row.pk,
                "post": "yes",
                "form-TOTAL_FORMS": 1,
                "form-INITIAL_FORMS": 1,
                "form-0-id": row.pk,
                **{f"form-0-{name}": value for name, value in fields.items()},
                "_save": "Save",
            },
        )
    assert {row: stored(row) for row in rows.values()} == before
    grown = {AuditEntry}
    for model, count in counts.items():
        assert model.objects.count() == count or model in grown, model


def stored(row: Model) -> dict[str, object]:
    fresh = type(row).objects.get(pk=row.pk)
    return {field.name: getattr(fresh, field.attname) for field in fresh._meta.fields}


def forged(row: Model) -> dict[str, str]:
    fields = {name: str(value) for name, value in model_to_dict(row).items()}
    return {
        **fields,
        "status": "approved",
        "amount": "9999",
        "approver": "1",
        "is_superuser": "on",
        "role": "checker",
    }


def test_one_cannot_approve_ones_own_proposal_by_the_page(bea: User) -> None:
    both = factories.staff("dora", Role.ANALYST, Role.CHECKER)
    decision = factories.decision_waiting(both)
    client = signed_in(both)
    page = text_of(client.get(page_url(decision.case)))
    assert "Approve the proposal" not in page
    assert "a second person must approve it" in page

    answer = take(
        client, decision.case, "approve", shown_digest=decision.content_digest
    )
    assert answer.status_code == 409
    assert "a second person must do this" in text_of(answer)
    decision.refresh_from_db()
    assert decision.status == "proposed"
    assert AuditEntry.objects.filter(action="approval.same_person").exists()


def test_one_cannot_approve_ones_own_proposal_by_a_bulk_action(db: None) -> None:
    both = factories.staff("dora", Role.ANALYST, Role.CHECKER, Role.LEAD)
    decision = factories.decision_waiting(both)
    client = signed_in(both)
    for name in ("approve", "take_cases", "decision_approve", "delete_selected"):
        client.post(
            list_url(RecoveryCase),
            {"action": name, "_selected_action": decision.case_id, "index": 0},
        )
    decision.refresh_from_db()
    assert decision.status == "proposed"


def test_the_approver_cannot_be_named_by_a_form_field(ada: User, bea: User) -> None:
    decision = factories.decision_waiting(ada)
    lead_only = factories.staff("dora", Role.ANALYST, Role.CHECKER)
    own = factories.decision_waiting(lead_only)
    take(
        signed_in(lead_only),
        own.case,
        "approve",
        shown_digest=own.content_digest,
        approver=bea.pk,
        proposer=ada.pk,
        decision=decision.pk,
    )
    assert set(Decision.objects.values_list("status", flat=True)) == {"proposed"}


def test_the_inbox_leaves_out_what_one_proposed(bea: User) -> None:
    both = factories.staff("dora", Role.ANALYST, Role.CHECKER)
    decision = factories.decision_waiting(both)
    inbox = reverse("admin:recovery_approval_changelist")
    assert decision.content_digest not in text_of(signed_in(both).get(inbox))
    assert decision.content_digest in text_of(signed_in(bea).get(inbox))


def test_an_approval_of_an_older_content_is_refused_and_says_so(
    ada: User, bea: User
) -> None:
    decision = factories.decision_waiting(ada)
    answer = take(signed_in(bea), decision.case, "approve", shown_digest="0" * 64)
    assert answer.status_code == 409
    assert "changed since the page was opened" in text_of(answer)
    decision.refresh_from_db()
    assert decision.status == "proposed"


def test_an_approval_after_a_recompute_is_refused_and_the_page_shows_why(
    ada: User, bea: User
) -> None:
    decision = factories.decision_waiting(ada)
    event = decision.case.event
    shorter = (*factories.SHORT_LINES[:2], ("trading_fee", "-1", "-2", "computed"))
    factories.assess(event, shorter, reason="FEE_VARIANCE")
    client = signed_in(bea)
    page = text_of(client.get(page_url(decision.case)))
    assert "Recomputed since the proposal: was no. 1, is 2." in page
    assert "Variance: -3.10 then, -1.00 USDT now." in page
    answer = take(
        client, decision.case, "approve", shown_digest=decision.content_digest
    )
    assert answer.status_code == 409
    assert "changed since the page was opened" in text_of(answer)


def test_a_maker_cannot_approve_the_own_payment(ada: User, bea: User) -> None:
    both = factories.staff("dora", Role.MAKER, Role.CHECKER)
    payment = factories.credit_waiting(factories.decision_approved(ada, bea), both)
    client = signed_in(both)
    assert "Approve the payment" not in text_of(client.get(page_url(payment)))
    digest = payment.content_digest
    answer = take(client, payment, "approve", shown_digest=digest)
    assert answer.status_code == 409
    assert Payment.objects.get().status == "proposed"


def test_who_proposed_the_amount_cannot_approve_its_payment(
    max_: User, bea: User
) -> None:
    both = factories.staff("dora", Role.ANALYST, Role.CHECKER)
    payment = factories.credit_waiting(factories.decision_approved(both, bea), max_)
    digest = payment.content_digest
    answer = take(signed_in(both), payment, "approve", shown_digest=digest)
    assert answer.status_code == 409
    assert Payment.objects.get().status == "proposed"


def test_the_builder_of_a_batch_cannot_release_it(
    ada: User, max_: User, bea: User
) -> None:
    both = factories.staff("dora", Role.MAKER, Role.CHECKER)
    factories.credit_approved(factories.decision_approved(ada, bea), max_, bea)
    batch = batch_build(staff_actor(both), "credit", now=factories.NOW)
    client = signed_in(both)
    page = text_of(client.get(page_url(batch)))
    assert "You built this batch: a second person must release it." in page
    assert take(client, batch, "release").status_code == 409
    assert PayoutBatch.objects.get().released_at is None


@pytest.mark.parametrize("act", ["take", "propose", "credit", "close", "reopen", "ask"])
def test_an_auditor_may_take_no_act_on_a_case(ada: User, act: str) -> None:
    case = factories.case_taken(ada)
    client = signed_in(factories.staff("otto", Role.AUDITOR))
    before = stored(case)
    assert 'name="act"' not in text_of(client.get(page_url(case)))
    take(client, case, act, reason="r", question="q", amount="1", version=case.version)
    assert stored(case) == before


def test_an_admin_moves_no_money(ada: User, bea: User) -> None:
    decision = factories.decision_approved(ada, bea)
    client = signed_in(factories.staff("root", Role.ADMIN))
    assert take(client, decision.case, "credit", amount="3.1").status_code == 409
    client.post(reverse("admin:recovery_payoutbatch_list_act", args=["build-credit"]))
    assert not Payment.objects.exists()
    assert not PayoutBatch.objects.exists()


def test_only_those_who_export_download_a_workbook(rows: Rows) -> None:
    address = reverse("admin:recovery_workbook_file", args=[1])
    client = signed_in(factories.staff("sam", Role.SUPPORT))
    assert client.get(address).status_code in (403, 404)


def test_the_reason_of_a_hold_is_compliances_alone(
    ada: User, max_: User, bea: User
) -> None:
    decision = factories.decision_approved(ada, bea)
    payment = factories.credit_approved(decision, max_, bea)
    cora = factories.staff("cora", Role.COMPLIANCE)
    take(signed_in(cora), payment, "hold", reason="sanctions screening hit")
    assert "screening hit" in text_of(signed_in(cora).get(page_url(payment)))
    for user in (ada, max_, bea):
        client = signed_in(user)
        for page in (page_url(payment), page_url(decision.case)):
            assert "screening hit" not in text_of(client.get(page))


def test_a_mail_address_is_masked_until_asked_and_asking_is_recorded(
    ada: User, cem: Customer
) -> None:
    client = signed_in(ada)
    for address in (list_url(Customer), page_url(cem)):
        page = text_of(client.get(address))
        assert cem.email not in page
        assert cem.full_name not in page
    assert "Reason" in text_of(take(client, cem, "show-mail"))
    shown = text_of(take(client, cem, "show-mail", reason="The customer calls."))
    assert cem.email in shown
    assert cem.full_name in shown
    entry = AuditEntry.objects.get(action="customer.mail.shown")
    assert (entry.actor, entry.subject) == (ada, f"customer {cem.uid}")


def test_a_get_takes_no_act(ada: User) -> None:
    case = factories.case_new(ada)
    address = reverse("admin:recovery_recoverycase_act", args=[case.pk, "take"])
    assert signed_in(ada).get(address).status_code == 405
    case.refresh_from_db()
    assert case.status == "new"


def test_an_act_needs_its_own_token(ada: User) -> None:
    case = factories.case_new(ada)
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    prove_factor(client, ada)
    address = reverse("admin:recovery_recoverycase_act", args=[case.pk, "take"])
    assert client.post(address).status_code == 403


def test_after_an_act_nobody_is_sent_to_another_site(ada: User) -> None:
    case = factories.case_new(ada)
    address = reverse("admin:recovery_recoverycase_act", args=[case.pk, "take"])
    answer = signed_in(ada).post(address, {"next": "https://elsewhere.example/"})
    assert answer["Location"] == page_url(case)


def test_the_desk_runs_on_its_own_site() -> None:
    assert type(admin.site._wrapped).__name__ == "DeskSite"
