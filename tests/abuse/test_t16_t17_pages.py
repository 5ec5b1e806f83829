"""T16, T17: a stale page approves nothing; rows by hand raise the level and show."""

from decimal import Decimal

import pytest

from accounts.models import User
from accounts.roles import Role
from recovery.domain.words import Basis
from recovery.models import Approval, Decision, Provenance
from recovery.services.decisions import decision_approve
from recovery.services.payments import payment_propose
from tests import factories
from tests.admin.doors import page_url, take, text_of
from tests.people import acting, signed_in

pytestmark = pytest.mark.django_db
MORE_SHORT = (
    ("opening_balance", "100", "100", Basis.RECORDED),
    ("realised_pnl", "-90", "-90", Basis.COMPUTED),
    ("trading_fee", "-1", "-5", Basis.COMPUTED),
)


def test_t16_a_page_opened_before_a_new_proposal_is_refused_with_the_difference(
    ada: User, bea: User
) -> None:
    decision = factories.decision_waiting(ada)
    client = signed_in(bea)
    page = text_of(client.get(page_url(decision.case)))
    assert decision.content_digest in page
    # Meanwhile the event is assessed anew and proposed again.
    from recovery.domain.words import DecisionKind
    from recovery.services.actors import staff_actor
    from recovery.services.decisions import decision_propose, decision_return

    decision_return(
        acting(bea, factories.NOW), decision, reason="Look again.", now=factories.NOW
    )
    event = decision.case.event
    assert event is not None
    fresh = factories.assess(event, MORE_SHORT, reason="FEE_VARIANCE")
    again = decision_propose(
        staff_actor(ada),
        decision.case,
        result=fresh.results.get(),
        kind=DecisionKind.OWED,
        amount=Decimal(4),
        reason="The fee was booked too high.",
        now=factories.NOW,
    )

    answer = take(
        client, decision.case, "approve", shown_digest=decision.content_digest
    )

    told = text_of(answer)
    assert answer.status_code == 409
    assert "amount: 3.1 then, 4 now" in told
    assert not Approval.objects.exists()
    assert Decision.objects.get(pk=again.pk).status == "proposed"


def test_t16_a_recomputed_event_lets_no_older_proposal_through(
    ada: User, bea: User
) -> None:
    decision = factories.decision_waiting(ada)
    event = decision.case.event
    assert event is not None
    factories.assess(event, MORE_SHORT, reason="FEE_VARIANCE")

    answer = take(
        signed_in(bea), decision.case, "approve", shown_digest=decision.content_digest
    )
    assert answer.status_code == 409
    assert not Approval.objects.exists()


def test_t17_an_amount_on_rows_by_hand_needs_two_and_says_so(
    ada: User, bea: User, max_: User
) -> None:
    event = factories.event(provenance=Provenance.STAFF_OBTAINED)
    waiting = factories.decision_waiting(ada, factories.case_taken(ada, event))
    decision = decision_approve(
        acting(bea, factories.NOW),
        waiting,
        shown_digest=waiting.content_digest,
        now=factories.NOW,
    )
    payment = payment_propose(
        acting(max_, factories.NOW),
        decision,
        kind="credit",
        amount=decision.amount,
        now=factories.NOW,
    )
    client = signed_in(bea)

    assert payment.approvals_needed == 2
    assert "Staff obtained" in text_of(client.get(page_url(decision.case)))
    take(client, payment, "approve", shown_digest=payment.content_digest)
    assert "1 of 2" in text_of(client.get(page_url(payment)))
    payment.refresh_from_db()
    assert payment.status == "proposed"
    second = signed_in(factories.staff("rio", Role.CHECKER))
    take(second, payment, "approve", shown_digest=payment.content_digest)
    payment.refresh_from_db()
    assert payment.status == "approved"


def test_t17_rows_of_the_customer_carry_no_amount_at_all(ada: User) -> None:
    from recovery.domain.errors import NotReadyError

    event = factories.event(provenance=Provenance.CUSTOMER_SUPPLIED)
    with pytest.raises(NotReadyError, match="customer supplied"):
        factories.decision_waiting(ada, factories.case_taken(ada, event))
