"""Kinds that replay events: settlement, adl, staged_reduction, pnl, funding."""

import dataclasses
from decimal import Decimal

from recovery.domain.cases.answer import Answer, Values
from recovery.domain.cases.fields import CaseFields
from recovery.domain.cases.scope import Needs, read_scope
from recovery.domain.instruments import notional_of
from recovery.domain.money import ZERO, divide, round_amount
from recovery.domain.policy import LiquidationFeePolicy, Policy, SettlePer
from recovery.domain.settlement import replay, settle
from recovery.domain.settlement_case import Scope, SettlementCase
from recovery.domain.settlement_values import position_values


def answer_settlement(case: CaseFields) -> Answer:
    """What is left after a forced close.

    Source: case format, section 5.1.
    """
    scope = read_scope(case, Needs())
    settlement = settle(SettlementCase(scope, case.need("events"), case.need("policy")))
    return Answer(settlement.values, settlement.lines)


def answer_pnl(case: CaseFields) -> Answer:
    """What the fills realised, before anything forced is settled.

    Source: case format, section 5.3.
    """
    scope = read_scope(case, Needs(margin=False))
    policy = case.need("policy")
    trades = SettlementCase(scope, case.need("events"), _without_forced(policy))
    values = position_values(replay(trades))
    pnl, fee = values.get("pnl"), values.get("trading_fee")
    if isinstance(pnl, Decimal) and isinstance(fee, Decimal):
        values["realised_pnl_net_of_fees"] = pnl - fee
    values |= _opening_fee(scope, policy)
    if scope.margin and isinstance(pnl, Decimal):
        values["pnl_over_margin"] = divide(pnl, scope.margin)
    return Answer(values)


def _without_forced(policy: Policy) -> Policy:
    """The policy with trading fees only: results do not depend on the rest."""
    both = policy.liquidation_fee.in_addition_to_taker
    return dataclasses.replace(
        policy,
        liquidation_fee=LiquidationFeePolicy(in_addition_to_taker=both),
        settle_per=SettlePer.CLOSE,
        takeover_at_bankruptcy=False,
    )


def _opening_fee(scope: Scope, policy: Policy) -> Values:
    """The fee of the opening size at its entry; it was paid before the start."""
    if policy.opening_fee_rate is None:
        return {}
    notional = ZERO
    if scope.entry_price is not None:
        units = scope.qty * scope.contract_size
        notional = notional_of(scope.product, units, scope.entry_price)
    notional = round_amount(notional, policy.rounding.notional)
    fee = round_amount(policy.opening_fee_rate * notional, policy.rounding.money)
    return {"opening_fee": fee}


