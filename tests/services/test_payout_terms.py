"""Who bears a network's fee and at which rate a bank is paid: fixed, sealed, exact."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from accounts.models import Destination
from recovery.domain.errors import (
    DutyMissingError,
    FileRejectedError,
    FreshFactorNeededError,
    NotReadyError,
)
from recovery.domain.lifecycle import PaymentStatus
from recovery.domain.network_fees import FeeBearer
from recovery.domain.words import PaymentKind
from recovery.models import (
    Conversion,
    Decision,
    NetworkFeeRule,
    Payment,
    RecoveryCase,
)
from recovery.selectors.claims import status_view
from recovery.selectors.invariants import invariants_broken
from recovery.services.actors import staff_actor
from recovery.services.batches import batch_path, confirmations_read
from recovery.services.conversions import Quote, conversion_record
from recovery.services.network_fees import NetworkFee, network_fee_change
from recovery.services.payments import payment_approve, payment_propose
from tests import factories
from tests.faults.stories import posted
from tests.people import acting
from tests.story import NOW, SHORT, People, short_ledger

IBAN = "DE89370400440532013000"
VALID = timedelta(minutes=15)


def fee_rule(
    people: People, bearer: FeeBearer, fee: str = "1", cap: str | None = None
) -> NetworkFeeRule:
    return network_fee_change(
        people.lia,
        NetworkFee("USDT", "TRON", bearer, Decimal(fee), Decimal(cap) if cap else None),
        valid_from=NOW,
        terms_reference="Clause 7.2",
        now=NOW,
    )


def credited(people: People) -> Decision:
    """5 USDT lie on the customer's own balance."""
    return posted(people).decision


def wallet(decision: Decision) -> Destination:
    assert decision.case.customer
    return factories.destination(decision.case.customer)


def bank(decision: Decision) -> Destination:
    """An account at a bank, in EUR."""
    made = Destination.objects.create(
        customer=decision.case.customer,
        asset="EUR",
        network="BANK",
        address=IBAN,
        proposed_at=factories.LONG_AGO,
    )
    factories._make_usable(made)
    return made


def quote(**changed: Any) -> Quote:
    told: dict[str, Any] = {
        "currency": "EUR",
        "rate": Decimal("0.9241"),
        "source": "Desk of the bank",
        "quoted_at": NOW - timedelta(minutes=1),
        "valid_until": NOW + VALID,
    }
    return Quote(**{**told, **changed})


def withdraw(
    people: People,
    decision: Decision,
    to: Destination,
    conversion: Conversion | None = None,
    amount: Decimal = SHORT,
) -> Payment:
    return payment_propose(
        people.max_,
        decision,
        kind=PaymentKind.WITHDRAWAL,
        amount=amount,
        now=NOW,
        destination=to,
        hold_reference="HOLD-1",
        conversion=conversion,
    )


def in_sql(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


# --- fees of networks: refusals -------------------------------------------------------


def test_only_a_lead_with_a_fresh_factor_lets_a_rule_begin(people: People) -> None:
    fee = NetworkFee("USDT", "TRON", FeeBearer.HOUSE, Decimal(1))
    wanted: dict[str, Any] = {"valid_from": NOW, "terms_reference": "x", "now": NOW}
    with pytest.raises(DutyMissingError):
        network_fee_change(people.max_, fee, **wanted)
    assert people.lia.user
    with pytest.raises(FreshFactorNeededError):
        network_fee_change(staff_actor(people.lia.user, now=NOW), fee, **wanted)


@pytest.mark.parametrize(
    ("fee", "changed"),
    [
        (NetworkFee("USDT", "BITCOIN", FeeBearer.HOUSE, Decimal(1)), {}),
        (NetworkFee("NONE", "BANK", FeeBearer.HOUSE, Decimal(1)), {}),
        (NetworkFee("USDT", "TRON", FeeBearer.HOUSE, Decimal(-1)), {}),
        (NetworkFee("USDT", "TRON", FeeBearer.SPLIT, Decimal(1)), {}),
        (NetworkFee("USDT", "TRON", FeeBearer.HOUSE, Decimal(1), Decimal(1)), {}),
        (
            NetworkFee("USDT", "TRON", FeeBearer.HOUSE, Decimal(1)),
            {"terms_reference": " "},
        ),
        (
            NetworkFee("USDT", "TRON", FeeBearer.HOUSE, Decimal(1)),
            {"valid_from": NOW - timedelta(seconds=1)},
        ),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(
    fee: NetworkFee, changed: dict[str, Any], people: People
) -> None:
    wanted: dict[str, Any] = {"valid_from": NOW, "terms_reference": "x", "now": NOW}
    with pytest.raises(NotReadyError):
        network_fee_change(people.lia, fee, **{**wanted, **changed})


def test_a_fee_that_leaves_nothing_is_refused(people: People) -> None:
    fee_rule(people, FeeBearer.CUSTOMER, "5")
    decision = credited(people)
    with pytest.raises(NotReadyError, match="leaves nothing"):
        withdraw(people, decision, wallet(decision))


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE recovery_payment SET house_fee_amount = 3", "sealed"),
        ("UPDATE recovery_payment SET fee_amount = 3", "sealed"),
        ("UPDATE recovery_payment SET network_fee_rule_id = NULL", "sealed"),
        ("UPDATE recovery_networkfeerule SET fee_amount = 0", "does not change"),
        ("DELETE FROM recovery_networkfeerule", "written once"),
    ],
)
def test_the_database_keeps_the_fee_that_was_sealed(
    statement: str, says: str, people: People
) -> None:
    fee_rule(people, FeeBearer.SPLIT, "1", "0.4")
    decision = credited(people)
    withdraw(people, decision, wallet(decision))
    with pytest.raises(IntegrityError, match=says):
        in_sql(f"{statement} {_of_withdrawals(statement)}")


def _of_withdrawals(statement: str) -> str:
    return "WHERE kind = 'withdrawal'" if "recovery_payment" in statement else ""


# --- fees of networks: what they do ---------------------------------------------------


@pytest.mark.parametrize(
    ("bearer", "cap", "customer", "house"),
    [
        (FeeBearer.CUSTOMER, None, "1", "0"),
        (FeeBearer.HOUSE, None, "0", "1"),
        (FeeBearer.SPLIT, "0.4", "0.6", "0.4"),
        (FeeBearer.SPLIT, "3", "0", "1"),
    ],
)
def test_the_fee_is_parted_sealed_and_what_leaves_is_the_rest(
    bearer: FeeBearer, cap: str | None, customer: str, house: str, people: People
) -> None:
    fee_rule(people, bearer, "1", cap)
    decision = credited(people)
    payment = people.approved(withdraw(people, decision, wallet(decision)))
    payment.refresh_from_db()

    assert (payment.fee_amount, payment.house_fee_amount) == (
        Decimal(customer),
        Decimal(house),
    )
    assert payment.sent_amount + payment.fee_amount == payment.amount == SHORT
    assert "Clause 7.2" in payment.sealed


def test_a_later_rule_leaves_what_is_proposed_alone(people: People) -> None:
    fee_rule(people, FeeBearer.CUSTOMER, "1")
    decision = credited(people)
    payment = withdraw(people, decision, wallet(decision))
    network_fee_change(
        people.lia,
        NetworkFee("USDT", "TRON", FeeBearer.HOUSE, Decimal(2)),
        valid_from=NOW + timedelta(minutes=1),
        terms_reference="Clause 7.3",
        now=NOW,
    )
    assert people.approved(payment).fee_amount == 1


def test_without_a_rule_nothing_is_taken_from_the_customer(people: People) -> None:
    decision = credited(people)
    payment = withdraw(people, decision, wallet(decision))
    assert (payment.fee_amount, payment.house_fee_amount) == (0, 0)
    assert payment.sent_amount == SHORT


def test_file_totals_and_confirmation_speak_of_what_leaves(people: People) -> None:
    fee_rule(people, FeeBearer.CUSTOMER, "1")
    decision = credited(people)
    payment = people.approved(withdraw(people, decision, wallet(decision)))
    batch = people.sent(PaymentKind.WITHDRAWAL)
    assert batch.totals == {"USDT": "4"}
    text = batch_path(batch).read_text()
    assert ",USDT,4,TRON," in text
    assert ",USDT,5,1,0" in text
    assert "sum:USDT=4" in text

    head = "payment_reference,status,confirmation_reference,asset,amount\n"
    with pytest.raises(FileRejectedError, match="is 4 USDT"):
        confirmations_read(
            people.max_, f"{head}{payment.reference},confirmed,TX,USDT,5\n", now=NOW
        )
    line = f"{payment.reference},confirmed,TX,USDT,4\n"
    assert confirmations_read(people.max_, head + line, now=NOW) == {"confirmed": 1}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert invariants_broken() == []


def test_the_customer_reads_who_bears_the_fee(people: People) -> None:
    fee_rule(people, FeeBearer.SPLIT, "1", "0.4")
    decision = credited(people)
    people.approved(withdraw(people, decision, wallet(decision)))
    view = status_view(RecoveryCase.objects.get(pk=decision.case_id), now=NOW)
    told = " ".join(view.payments[-1].terms)
    assert "we bear 0.4 USDT and you 0.6 USDT: 4.4 USDT leave" in told
    assert "Clause 7.2" in told


# --- conversions: refusals ------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"currency": "BTC"},
        {"currency": "USDT"},
        {"currency": ""},
        {"rate": Decimal(0)},
        {"source": " "},
        {"quoted_at": NOW + timedelta(seconds=1)},
        {"valid_until": NOW - timedelta(seconds=1)},
        {"rate": Decimal("0.001")},  # Less than a cent is left.
    ],
)
def test_a_conversion_that_cannot_be_is_refused(
    changed: dict[str, Any], people: People
) -> None:
    decision = people.owed()
    with pytest.raises(NotReadyError):
        conversion_record(people.max_, decision, SHORT, quote(**changed), now=NOW)
    assert not Conversion.objects.exists()


def test_only_a_maker_records_and_only_of_what_is_owed(people: People) -> None:
    decision = people.owed()
    with pytest.raises(DutyMissingError):
        conversion_record(people.bea, decision, SHORT, quote(), now=NOW)
    waiting = people.proposed(people.case(people.event(short_ledger("A-7"))))
    with pytest.raises(NotReadyError, match="approved amount"):
        conversion_record(people.max_, waiting, SHORT, quote(), now=NOW)


def test_a_bank_without_a_conversion_is_refused(people: People) -> None:
    decision = credited(people)
    with pytest.raises(NotReadyError, match="record a conversion of USDT into EUR"):
        withdraw(people, decision, bank(decision))


def test_a_conversion_of_another_amount_or_use_is_refused(people: People) -> None:
    decision = credited(people)
    to = bank(decision)
    other = conversion_record(people.max_, decision, Decimal(4), quote(), now=NOW)
    with pytest.raises(NotReadyError, match="record one of that"):
        withdraw(people, decision, to, other)
    with pytest.raises(NotReadyError, match="leave the conversion out"):
        withdraw(people, decision, wallet(decision), other)
    withdraw(people, decision, to, other, Decimal(4))
    other.from_amount = Decimal(1)  # What a forged form would say.
    with pytest.raises(NotReadyError, match="serves another"):
        withdraw(people, decision, to, other, Decimal(1))


def test_a_stale_rate_is_refused_with_its_remedy(people: People) -> None:
    decision = credited(people)
    to = bank(decision)
    made = conversion_record(people.max_, decision, SHORT, quote(), now=NOW)
    payment = withdraw(people, decision, to, made)
    late = NOW + VALID + timedelta(seconds=1)
    assert people.bea.user
    with pytest.raises(NotReadyError, match="record a conversion at a fresh rate"):
        payment_approve(
            acting(people.bea.user, late),
            payment,
            shown_digest=payment.content_digest,
            now=late,
        )
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PROPOSED


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ("5, 'EUR', 4.63, 0.9241, 0.01", "not what its rate gives"),
        ("5, 'EUR', 4.61, 0.9241, 0.01", "not what its rate gives"),
        ("5, 'EUR', 4.625, 0.925, 0.01", "not what its rate gives"),
        ("5, 'USDT', 4.62, 0.9241, 0.01", "two_assets"),
    ],
)
def test_the_database_reckons_a_conversion_itself(
    values: str, says: str, people: People
) -> None:
    decision = people.owed()
    assert people.max_.user
    with pytest.raises(IntegrityError, match=says):
        in_sql(
            f"""
            INSERT INTO recovery_conversion (decision_id, from_asset, from_amount,
              to_asset, to_amount, rate, step, source, quoted_at, valid_until,
              recorded_by_id, recorded_at)
            VALUES (%s, 'USDT', {values}, 's', %s, %s, %s, %s)
            """,
            decision.pk,
            NOW,
            NOW + VALID,
            people.max_.user.pk,
            NOW,
        )


def test_the_database_keeps_a_conversion_as_it_was_written(people: People) -> None:
    conversion_record(people.max_, people.owed(), SHORT, quote(), now=NOW)
    with pytest.raises(IntegrityError, match="written once"):
        in_sql("UPDATE recovery_conversion SET rate = 2")


# --- conversions: what they do --------------------------------------------------------


def test_a_bank_is_paid_in_its_currency_and_confirmed_in_it(people: People) -> None:
    decision = credited(people)
    made = conversion_record(people.max_, decision, SHORT, quote(), now=NOW)
    assert made.to_amount == Decimal("4.62")  # 4.6205, rounded down.
    payment = people.approved(withdraw(people, decision, bank(decision), made))
    assert "rounded down to 0.01" in payment.sealed

    batch = people.sent(PaymentKind.WITHDRAWAL)
    assert batch.totals == {"EUR": "4.62"}
    assert f",EUR,4.62,BANK,{IBAN}," in batch_path(batch).read_text()

    head = "payment_reference,status,confirmation_reference,asset,amount\n"
    with pytest.raises(FileRejectedError, match=r"is 4\.62 EUR"):
        confirmations_read(
            people.max_, f"{head}{payment.reference},confirmed,TX,USDT,5\n", now=NOW
        )
    line = f"{payment.reference},confirmed,TX,EUR,4.62\n"
    assert confirmations_read(people.max_, head + line, now=NOW) == {"confirmed": 1}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert invariants_broken() == []


def test_the_customers_part_of_a_fee_goes_off_before_the_conversion(
    people: People,
) -> None:
    network_fee_change(
        people.lia,
        NetworkFee("USDT", "BANK", FeeBearer.CUSTOMER, Decimal("0.5")),
        valid_from=NOW,
        terms_reference="Clause 7.4",
        now=NOW,
    )
    decision = credited(people)
    left = SHORT - Decimal("0.5")
    made = conversion_record(people.max_, decision, left, quote(), now=NOW)
    payment = withdraw(people, decision, bank(decision), made)
    assert payment.sent_amount == left == made.from_amount


def test_the_customer_reads_rate_source_and_rounding(people: People) -> None:
    decision = credited(people)
    made = conversion_record(people.max_, decision, SHORT, quote(), now=NOW)
    people.approved(withdraw(people, decision, bank(decision), made))
    view = status_view(RecoveryCase.objects.get(pk=decision.case_id), now=NOW)
    (told,) = view.payments[-1].terms
    assert told.startswith("Converted into 4.62 EUR at 0.9241 EUR for one USDT")
    assert "rounded down to 0.01; rate of Desk of the bank" in told
