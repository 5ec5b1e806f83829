"""Assesses one event: what should be left, line by line, against what was booked.

The expected side is the settlement engine under the policy in force; the recorded
side is the ledger. For every line difference = recorded - expected, and the sum of
the differences is the variance, exactly.

Units: settlement asset, signed from the customer's side. Expected amounts are booked
at 18 decimals, half to even: an average entry price can have no end, a ledger cannot.
Source: design §2, §5; MATH §3, §3.1; CASES §4, §5.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from recovery.domain import settlement_case as sc
from recovery.domain.assessment_draft import WHOLE, Draft, draft_event
from recovery.domain.detection import EventWindow
from recovery.domain.history import Item
from recovery.domain.instruments import PositionSide, Product
from recovery.domain.ledger import ZERO
from recovery.domain.money import (
    Rounding,
    RoundingMode,
    divide,
    exact,
    round_amount,
    subtract,
)
from recovery.domain.opening import Opening, item_entries, window_asset
from recovery.domain.rulebook import PolicyTerm, RuleBook
from recovery.domain.settlement import settle
from recovery.domain.words import Basis, EventKind

_BOOKED = Rounding(Decimal("1e-18"), RoundingMode.HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an assessment; `evidence` are ledger entry ids."""

    label: str
    asset: str
    expected: Decimal
    recorded: Decimal
    basis: Basis
    evidence: tuple[int, ...] = ()
    note: str = ""

    @property
    def difference(self) -> Decimal:
        """Recorded - expected; negative: the customer got less."""
        return subtract(self.recorded, self.expected)


@dataclass(frozen=True, slots=True)
class Facts:
    """What classification needs beside the lines.

    Attributes:
        unknown_rows: Rows in the window whose operation nobody mapped.
        gap: Where the running balance breaks, in words; empty when it holds.
        goes_to_fund: Policy took a remainder, or the whole margin, away.
        deficit_covered: What others bore of a deficit.
        customer_owes: What policy lets the customer owe.
    """

    unknown_rows: int
    gap: str
    goes_to_fund: bool
    deficit_covered: Decimal
    customer_owes: Decimal
    credit_rows: int
    tolerance: Decimal
    money_step: Decimal | None


@dataclass(frozen=True, slots=True)
class EventAssessment:
    """The numbers of one event in its settlement asset.

    Residual and deficit are never negative and at most one is above zero;
    variance = received - residual = the sum of the lines' differences.
    """

    asset: str
    residual: Decimal
    deficit: Decimal
    received: Decimal
    lines: tuple[Line, ...]
    facts: Facts
    policy: PolicyTerm
    verified_share: Decimal

    @property
    def variance(self) -> Decimal:
        """Received - residual; negative: the customer is short."""
        return subtract(self.received, self.residual)


def assess_event(
    window: EventWindow, opening: Opening, rules: RuleBook
) -> EventAssessment:
    """Compute an event under the rules in force and compare it with the records.

    Raises:
        NotReadyError: No policy was in force.
    """
    with exact():
        return _assess(window, opening, rules)


def _assess(window: EventWindow, opening: Opening, rules: RuleBook) -> EventAssessment:
    asset = window_asset(window)
    policy = rules.policy_at(window.started_at)
    can_compute = opening.entry is not None and opening.balance is not None
    draft = draft_event(window, asset, rules, policy, can_compute=can_compute)
    if can_compute:
        _expect_settlement(draft, window, opening, rules, policy)
    else:
        _expect_as_recorded(draft)
    lines = _lines(draft, window, opening)
    return _conclude(draft, window, opening, policy, lines)


# --- the expected side ------------------------------------------------------------


def _expect_settlement(
    draft: Draft,
    window: EventWindow,
    opening: Opening,
    rules: RuleBook,
    policy: PolicyTerm,
) -> None:
    instrument = rules.instruments[window.instrument]
    scope = sc.Scope(
        product=Product(instrument.product),
        side=PositionSide.LONG if opening.size > ZERO else PositionSide.SHORT,
        qty=abs(opening.size),
        contract_size=instrument.contract_size,
        entry_price=opening.entry,
        margin=opening.balance,
        settle_asset=draft.asset,
    )
    in_force = policy.policy
    if window.kind == EventKind.POSITION_REDUCTION and in_force.takeover_at_bankruptcy:
        in_force = replace(in_force, takeover_at_bankruptcy=False)
    outcome = settle(sc.SettlementCase(scope, tuple(draft.events), in_force))
    taken_over = in_force.takeover_at_bankruptcy
    for line in outcome.lines:
        _expect_line(draft, line, taken_over=taken_over)


def _expect_line(draft: Draft, line: sc.SettlementLine, *, taken_over: bool) -> None:
    label = line.label.value
    if line.asset != draft.asset or label in ("opening_balance", "closing_balance"):
        return
    item = WHOLE
    if line.event_index is not None:
        item = draft.item_of_event[line.event_index]
    amount = round_amount(line.amount, _BOOKED)
    if label == "transfer":
        return  # Already expected as recorded, under its own name.
    if label in ("surplus_taken", "cover_received"):
        item = WHOLE
    if label == "liquidation_fee" and ("liquidation_fee", item) not in draft.recorded:
        item = WHOLE if ("liquidation_fee", WHOLE) in draft.recorded else item
    if label == "takeover" or (taken_over and label == "realised_pnl"):
        label = "takeover" if ("takeover", item) in draft.recorded else label
    draft.expect(label, item, amount)


def _expect_as_recorded(draft: Draft) -> None:
    """Without entry or balance nothing can be recomputed: say so on every line."""
    for key, amount in draft.recorded.items():
        draft.expected[key] = amount
        draft.basis[key] = Basis.NOT_VERIFIABLE


# --- lines and conclusion ---------------------------------------------------------


def _lines(draft: Draft, window: EventWindow, opening: Opening) -> tuple[Line, ...]:
    start = opening.balance or ZERO
    lines = [Line("opening_balance", draft.asset, start, start, opening.balance_basis)]
    keys = dict.fromkeys([*draft.recorded, *draft.expected])
    for key in sorted(keys, key=lambda pair: (pair[1] == WHOLE, pair[1])):
        expected = draft.expected.get(key, ZERO)
        recorded = draft.recorded.get(key, ZERO)
        if expected == recorded == ZERO:
            continue
        lines.append(
            Line(
                label=key[0],
                asset=draft.asset,
                expected=expected,
                recorded=recorded,
                basis=draft.basis.get(key, Basis.COMPUTED),
                evidence=tuple(draft.evidence.get(key, ())),
                note=draft.notes.get(key, ""),
            )
        )
    for credit in window.credits:
        line = credit.entry.line
        lines.append(
            Line(
                "credit",
                line.asset,
                ZERO,
                line.amount,
                Basis.RECORDED,
                (credit.entry.id,),
                line.order_id and f"reference {line.order_id}",
            )
        )
    return tuple(lines)


def _conclude(
    draft: Draft,
    window: EventWindow,
    opening: Opening,
    policy: PolicyTerm,
    lines: tuple[Line, ...],
) -> EventAssessment:
    expected = sum((line.expected for line in lines), ZERO)
    recorded = sum((line.recorded for line in lines), ZERO)
    # What the customer rightly owes is no shortfall of his: it is left out of both.
    owes = min(expected, ZERO)
    covered = max(draft.expected.get(("cover_received", WHOLE), ZERO), ZERO)
    taken = draft.expected.get(("surplus_taken", WHOLE), ZERO) < ZERO
    taken_over = any(line.label == "takeover" for line in lines)
    residual = max(expected, ZERO)
    return EventAssessment(
        asset=draft.asset,
        residual=residual,
        deficit=ZERO if residual else covered - owes,
        received=recorded - owes,
        lines=lines,
        facts=Facts(
            unknown_rows=sum(line.label == "unknown" for line in lines),
            gap=_find_gap(window.items, draft.asset, opening),
            goes_to_fund=taken or taken_over,
            deficit_covered=covered,
            customer_owes=-owes,
            credit_rows=len(window.credits),
            tolerance=policy.tolerance,
            money_step=policy.policy.rounding.money
            and policy.policy.rounding.money.step,
        ),
        policy=policy,
        verified_share=_verified_share(lines),
    )


def _verified_share(lines: Sequence[Line]) -> Decimal:
    """Σ|amount| of computed lines / Σ|amount| of all non-zero lines, 6 decimals."""
    weights = [(max(abs(x.expected), abs(x.recorded)), x.basis) for x in lines]
    whole = sum((weight for weight, _ in weights), ZERO)
    if whole == ZERO:
        return ZERO
    known = sum((w for w, basis in weights if basis == Basis.COMPUTED), ZERO)
    return round_amount(
        divide(known, whole), Rounding(Decimal("0.000001"), RoundingMode.DOWN)
    )


def _find_gap(items: Sequence[Item], asset: str, opening: Opening) -> str:
    """Where the rows are not whole: a doubted file, a balance that does not follow."""
    balance = opening.balance
    for item in items:
        for entry in item_entries(item):
            line = entry.line
            if entry.is_doubted:
                return f"{entry.file}: its manifest and its rows disagree"
            if line.asset != asset:
                continue
            after = None if balance is None else balance + line.amount
            stated = line.balance_after
            if stated is not None and after is not None and stated != after:
                return (
                    f"before row {line.row_number} of {entry.file}: the balance "
                    f"says {stated}, the rows give {after}"
                )
            balance = after if stated is None else stated
    return ""
