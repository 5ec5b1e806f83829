"""Kinds that replay events: settlement, adl, staged_reduction, pnl, funding.

Source: case format, sections 5.1 to 5.3.
"""

import dataclasses
from decimal import Decimal

from recovery.domain.cases.answer import Answer, Values
from recovery.domain.cases.fields import CaseFields
from recovery.domain.cases.scope import Needs, read_scope
from recovery.domain.instruments import notional_of
from recovery.domain.money import ONE, ZERO, divide, round_amount
from recovery.domain.policy import LiquidationFeePolicy, Policy
from recovery.domain.policy_words import SettlePer
from recovery.domain.settlement import conclude, replay, settle
from recovery.domain.settlement_case import Fill, Scope, SettlementCase
from recovery.domain.settlement_stages import StageRecorder
from recovery.domain.settlement_values import position_values

_SIZES = ("remaining_qty", "remaining_side", "reduced_qty", "assigned_qty")


def answer_settlement(case: CaseFields) -> Answer:
    """What is left after a forced close."""
    settlement = settle(_settlement_case(case, Needs()))
    return Answer(settlement.values, settlement.lines)


def answer_adl(case: CaseFields) -> Answer:
    """A settlement whose other side is seen as well."""
    case.need("counterparty")
    return answer_settlement(case)


def answer_staged_reduction(case: CaseFields) -> Answer:
    """A settlement in several steps, with what stands after each."""
    events = case.need("events")
    priced = any(isinstance(event, Fill) and event.price for event in events)
    staged = _settlement_case(case, Needs(entry_price=priced, margin=priced))
    recorder = StageRecorder()
    state = replay(staged, recorder.note)
    if state.sizes_only:
        sizes = position_values(state)
        known = {name: sizes[name] for name in _SIZES if name in sizes}
        return Answer(known | recorder.sizes())
    settlement = conclude(state)
    values = settlement.values | recorder.sizes() | recorder.amounts()
    return Answer(values, settlement.lines)


def _settlement_case(case: CaseFields, needs: Needs) -> SettlementCase:
    """Scope, events and policy of a case."""
    scope = read_scope(case, needs)
    return SettlementCase(scope, case.need("events"), case.need("policy"))


def answer_pnl(case: CaseFields) -> Answer:
    """What the fills realised, before anything forced is settled."""
    trades = _settlement_case(case, Needs(margin=False))
    scope, policy = trades.scope, trades.policy
    state = replay(trades._replace(policy=_without_forced(policy)))
    values = position_values(state)
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


def answer_funding(case: CaseFields) -> Answer:
    """What funding paid (+) or cost (-) on the size open at each instant."""
    needs = Needs(entry_price=False, margin=False)
    funded = _settlement_case(case, needs)
    if funded.scope.entry_price is None and not _has_notional_fill(funded):
        # Results are not asked: any entry serves to follow the size.
        funded = funded._replace(scope=funded.scope._replace(entry_price=ONE))
    state = replay(funded._replace(policy=_without_forced(funded.policy)))
    return Answer({"funding_payment": state.funding})


def _has_notional_fill(case: SettlementCase) -> bool:
    """Whether the size of a fill can be told by the entry only."""
    fills = (event for event in case.events if isinstance(event, Fill))
    return any(fill.notional is not None for fill in fills)
