"""Conversions: owed money turned into a currency for a bank, at a recorded rate."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.addresses.checks import BANK, networks_of
from accounts.models import Destination
from recovery.domain.conversion import FIAT_STEP, converted_amount
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PAYMENT_VOID
from recovery.domain.money import format_amount
from recovery.domain.words import DecisionKind, DecisionStatus
from recovery.models import Conversion, Decision, Payment
from recovery.services.actors import Actor, require_staff
from recovery.services.audit import audit_write
from recovery.services.transitions import case_lock


@dataclass(frozen=True, slots=True)
class Quote:
    """A rate somebody quoted: units of the currency for one unit of the asset."""

    currency: str
    rate: Decimal
    source: str
    quoted_at: datetime
    valid_until: datetime


@transaction.atomic
def conversion_record(
    actor: Actor, decision: Decision, amount: Decimal, quote: Quote, *, now: datetime
) -> Conversion:
    """Record at which rate an amount of a decision is turned into a currency.

    Args:
        actor: A maker.
        decision: Approved, owed; its asset is given up.
        amount: What is turned: the payment less the customer's part of the fee.
        quote: Of now, and still valid.

    Raises:
        NotReadyError: No currency of a state, a quote without source or of another
            time, nothing left after rounding, or a decision that owes nothing.
        DutyMissingError: The actor proposes no payments.
    """
    maker = require_staff(actor, Duty.PROPOSE_PAYMENT)
    case_lock(decision.case)
    decision.refresh_from_db()
    if (decision.kind, decision.status) != (
        DecisionKind.OWED,
        DecisionStatus.APPROVED,
    ):
        raise NotReadyError("Only an approved amount that is owed is converted.")
    currency = quote.currency.strip().upper()
    _require_quote(quote, currency, decision.asset, now)
    if amount <= ZERO or (given := converted_amount(amount, quote.rate)) <= ZERO:
        raise NotReadyError("Rounded down, nothing is left of this amount.")
    conversion = Conversion.objects.create(
        decision=decision,
        from_asset=decision.asset,
        from_amount=amount,
        to_asset=currency,
        to_amount=given,
        rate=quote.rate,
        step=FIAT_STEP,
        source=quote.source.strip(),
        quoted_at=quote.quoted_at,
        valid_until=quote.valid_until,
        recorded_by=maker,
        recorded_at=now,
    )
    audit_write(
        actor,
        "conversion.record",
        f"case {decision.case.reference}",
        rate=format_amount(quote.rate),
        given=f"{format_amount(given)} {currency}",
    )
    return conversion


def _require_quote(quote: Quote, currency: str, asset: str, now: datetime) -> None:
    if networks_of(currency) != (BANK,) or currency == asset:
        raise NotReadyError(
            f"{currency or 'Nothing'} is no currency a bank is paid in from {asset}."
        )
    if quote.rate <= ZERO or not quote.source.strip():
        raise NotReadyError("Give a rate above 0 and who quoted it.")
    if not quote.quoted_at <= now <= quote.valid_until:
        raise NotReadyError("The quote is not of this time: ask for a fresh rate.")


def conversion_require(
    conversion: Conversion | None,
    payment: Payment,
    destination: Destination,
    *,
    now: datetime,
) -> None:
    """Go on when a payment and its destination have the conversion they need.

    Raises:
        NotReadyError: None where one is needed, one of something else, or a stale rate;
            the remedy is named.
    """
    if destination.asset == payment.asset:
        if conversion is not None:
            raise NotReadyError("Nothing is converted here: leave the conversion out.")
        return
    if destination.network != BANK:
        raise NotReadyError("This destination is another customer's or asset's.")
    if conversion is None:
        raise NotReadyError(
            f"A bank is paid in {destination.asset}: record a conversion of "
            f"{payment.asset} into {destination.asset} first."
        )
    leaves = payment.amount - payment.fee_amount
    told = (conversion.decision_id, conversion.to_asset, conversion.from_amount)
    if told != (payment.decision_id, destination.asset, leaves):
        raise NotReadyError(
            f"This conversion is of {format_amount(conversion.from_amount)} "
            f"{conversion.from_asset} into {conversion.to_asset}; what leaves is "
            f"{format_amount(leaves)} {payment.asset} for {destination.asset}: record "
            "one of that."
        )
    used = conversion.payments.exclude(status__in=PAYMENT_VOID)
    if used.exists():
        raise NotReadyError("This conversion serves another payment already.")
    conversion_require_fresh(conversion, now=now)


def conversion_require_fresh(conversion: Conversion | None, *, now: datetime) -> None:
    """Go on when the rate is still valid, or none is needed.

    Raises:
        NotReadyError: It is stale.
    """
    if conversion is not None and conversion.valid_until < now:
        raise NotReadyError(
            f"The rate was valid until {conversion.valid_until:%Y-%m-%d %H:%M} UTC: "
            "cancel the payment, record a conversion at a fresh rate, and propose it "
            "anew."
        )
