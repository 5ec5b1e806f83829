"""T13, T14: nothing is reset by doing it again, and what left stays gone."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.roles import Role
from recovery.domain.errors import (
    LimitExceededError,
    RecoveryError,
    SamePersonError,
    TransitionRefusedError,
)
from recovery.domain.lifecycle import (
    PaymentAction,
    PaymentStatus,
    payment_actions,
)
from recovery.models import Payment, PayoutBatch
from recovery.services.batches import (
    batch_build,
    batch_drop,
    batch_release,
    payment_stop,
)
from recovery.services.decisions import decision_approve, decision_return
from recovery.services.payments import (
    payment_approve,
    payment_cancel,
    payment_propose,
    payment_unhold,
    payment_void,
)
from tests.people import acting
from tests.services.test_four_eyes import every_role
from tests.story import NOW, People, short_ledger, staff

pytestmark = pytest.mark.django_db


def test_t13_cancelled_and_made_again_by_another_the_first_maker_stays_refused(
    people: People,
) -> None:
    decision = people.owed()
    first = people.credit(decision)
    payment_cancel(people.max_, first, reason="Let Mia do it.", now=NOW)
    mia = acting(staff("mia", Role.MAKER), NOW)
    again = payment_propose(
        mia, decision, kind="credit", amount=decision.amount, now=NOW
    )
    assert people.max_.user

    with pytest.raises(SamePersonError, match="proposed a payment of this decision"):
        payment_approve(
            every_role(people.max_.user),
            again,
            shown_digest=again.content_digest,
            now=NOW,
        )
    assert Payment.objects.filter(pk=first.pk, status="cancelled").exists()


def test_t13_returned_and_proposed_by_another_the_first_proposer_stays_refused(
    people: People,
) -> None:
    case = people.case(people.event(short_ledger("A-1")))
    first = people.proposed(case)
    decision_return(people.bea, first, reason="Let Eve look.", now=NOW)
    eve = acting(staff("eve", Role.ANALYST), NOW)
    case.refresh_from_db()
    again = people.proposed(case, eve)
    assert people.ada.user

    with pytest.raises(SamePersonError, match="proposed a decision of this case"):
        decision_approve(
            every_role(people.ada.user),
            again,
            shown_digest=again.content_digest,
            now=NOW,
        )


Command = Callable[[People, Payment, PayoutBatch], object]
COMMANDS: dict[str, Command] = {
    "approve": lambda people, payment, _: people.approved(payment),
    "cancel": lambda people, payment, _: payment_cancel(
        people.max_, payment, reason="x", now=NOW
    ),
    "hold": lambda people, payment, _: payment_stop(
        people.cora, payment, reason="x", now=NOW
    ),
    "let go on": lambda people, payment, _: payment_unhold(
        people.cora, payment, reason="x", now=NOW
    ),
    "drop": lambda people, payment, _: batch_drop(
        people.max_, payment, reason="x", now=NOW
    ),
    "take back": lambda people, payment, _: payment_void(payment, why="x", now=NOW),
    "build again": lambda people, payment, _: batch_build(
        people.max_, payment.kind, now=NOW
    ),
    "release again": lambda people, _, batch: batch_release(people.rio, batch, now=NOW),
    "pay again": lambda people, payment, _: people.credit(
        payment.decision, Decimal("0.000000000000000001")
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_t14_a_sent_payment_obeys_no_command(people: People, command: str) -> None:
    payment = people.approved(people.credit(people.owed()))
    batch = people.sent()

    with pytest.raises(RecoveryError) as refusal:
        COMMANDS[command](people, payment, batch)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.SENT
    if command in {"cancel", "hold", "drop"}:
        assert isinstance(refusal.value, TransitionRefusedError)
    if command == "pay again":
        assert isinstance(refusal.value, LimitExceededError)


def test_t14_from_sent_only_an_outcome() -> None:
    assert payment_actions(PaymentStatus.SENT) == [
        PaymentAction.POST,
        PaymentAction.CONFIRM,
        PaymentAction.MARK_UNCERTAIN,
        PaymentAction.MARK_RETURNED,
    ]
