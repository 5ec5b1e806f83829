"""Who bears a network's fee: rules with dates, and what one says of a withdrawal."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.addresses.checks import networks_of
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount
from recovery.domain.network_fees import FeeBearer, FeeParts, network_fee_parts
from recovery.models import NetworkFeeRule
from recovery.services.actors import Actor, require_fresh_factor, require_staff
from recovery.services.audit import audit_write
from recovery.services.dated_lines import line_end


@dataclass(frozen=True, slots=True)
class NetworkFee:
    """What a network takes for an asset, and who bears it.

    Attributes:
        cap: Of a split: the most that the house bears.

    Units: the asset.
    """

    asset: str
    network: str
    bearer: FeeBearer
    fee: Decimal
    cap: Decimal | None = None


def network_fee_rule_at(
    asset: str, network: str, at: datetime
) -> NetworkFeeRule | None:
    """The rule in force; without one the house bears whatever a network takes."""
    return NetworkFeeRule.objects.filter(
        asset=asset, network=network, period__contains=at
    ).first()


def network_fee_of(rule: NetworkFeeRule | None) -> FeeParts:
    """What customer and house bear by a rule; nothing is booked without one."""
    if rule is None:
        return FeeParts(ZERO, ZERO)
    return network_fee_parts(
        FeeBearer(rule.bearer), rule.fee_amount, rule.house_cap_amount
    )


@transaction.atomic
def network_fee_change(
    actor: Actor,
    fee: NetworkFee,
    *,
    valid_from: datetime,
    terms_reference: str,
    now: datetime,
) -> NetworkFeeRule:
    """Let a rule begin; payments that are proposed keep the fee sealed with them.

    Raises:
        NotReadyError: In the past, no clause, a network that does not carry the asset,
            or amounts that cannot be.
        DutyMissingError, FreshFactorNeededError: As everywhere.
    """
    user = require_staff(actor, Duty.ACTIVATE_RULES)
    require_fresh_factor(actor, now=now)
    if valid_from < now:
        raise NotReadyError("A rule of fees begins now or later, never earlier.")
    asset, network = fee.asset.strip().upper(), fee.network.strip().upper()
    _require_sense(fee, asset, network)
    lines = NetworkFeeRule.objects.filter(asset=asset, network=network)
    rule = NetworkFeeRule.objects.create(
        version=line_end(lines, valid_from, terms_reference),
        period=(valid_from, None),
        asset=asset,
        network=network,
        bearer=fee.bearer,
        fee_amount=fee.fee,
        house_cap_amount=fee.cap,
        terms_reference=terms_reference.strip(),
        is_confirmed=True,
        created_by=user,
    )
    audit_write(
        actor,
        "rules.network_fee",
        f"network fee {rule}",
        bearer=fee.bearer,
        fee=format_amount(fee.fee),
        valid_from=valid_from.isoformat(),
    )
    return rule


def _require_sense(fee: NetworkFee, asset: str, network: str) -> None:
    is_bank_of_other = network == "BANK" and bool(networks_of(asset))
    if network not in networks_of(asset) and not is_bank_of_other:
        raise NotReadyError(f"{asset} is not paid out on {network}.")
    if fee.fee < ZERO or (fee.cap is not None and fee.cap < ZERO):
        raise NotReadyError("A fee and its cap are 0 or above.")
    if (fee.bearer == FeeBearer.SPLIT) != (fee.cap is not None):
        raise NotReadyError("A split, and only a split, has a cap for the house.")
