"""Assesses one event: what should be left, line by line, against what was booked.

The expected side is the settlement engine under the policy in force; the recorded
side is the ledger. For every line difference = recorded - expected, and the sum of
the differences is the variance, exactly.

Units: settlement asset, signed from the customer's side. Expected amounts are booked
at 18 decimals, half to even: an average entry price can have no end, a ledger cannot.
Source: design §2, §5; MATH §3, §3.1; CASES §4, §5.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from recovery.domain.assessment_draft import (
    WHOLE,
    Draft,
    ForDraft,
    closing_item,
    draft_event,
)
from recovery.domain.assessment_expected import expect_as_recorded, expect_settlement
from recovery.domain.case_errors import InvariantBrokenError
from recovery.domain.detection import EventWindow
from recovery.domain.history import Item, item_entries
from recovery.domain.ledger import ZERO, LedgerRole
from recovery.domain.money import (
    Rounding,
    RoundingMode,
    divide,
    exact,
    round_amount,
    subtract,
)
from recovery.domain.opening import Opening, window_asset
from recovery.domain.rulebook import PolicyTerm, RuleBook
from recovery.domain.words import Basis

# Rows that no line is written for: credits have their own, the others move nothing.
_NO_LINE = (LedgerRole.CREDIT, LedgerRole.INFO)


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
    `elsewhere` are lines in other assets: they belong to no sum of this one.
    """

    asset: str
    residual: Decimal
    deficit: Decimal
    received: Decimal
    lines: tuple[Line, ...]
    facts: Facts
    policy: PolicyTerm
    verified_share: Decimal
    elsewhere: tuple[Line, ...] = ()

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
    facts = ForDraft(
        asset=asset,
        rules=rules,
        policy=policy,
        can_compute=_can_compute(window, opening, rules),
        closed_by=closing_item(window, opening),
        instrument=window.instrument,
    )
    draft = draft_event(window, facts)
    if facts.can_compute:
        expect_settlement(draft, window, opening, rules, policy)
    else:
        expect_as_recorded(draft, _why_not(window, rules))
    lines = _lines(draft, window, opening)
    assessment = _conclude(draft, window, opening, policy, lines)
    _check_assessment(draft, window, assessment)
    return assessment


def _can_compute(window: EventWindow, opening: Opening, rules: RuleBook) -> bool:
    """Whether the records and rules say enough to run the settlement engine."""
    if _why_not(window, rules) or opening.balance is None:
        return False
    return opening.entry_by(rules.product_of(window.instrument)) is not None


def _why_not(window: EventWindow, rules: RuleBook) -> str:
    """What of the event itself stands in the way of recomputing it."""
    if not window.forced and not window.markers:
        return "no row names a liquidation: a loss left the wallet empty"
    if not window.forced or window.has_results_apart:
        return "the rows tell amounts without sizes"
    if window.instrument not in rules.instruments:
        return f"nobody wrote down what {window.instrument} is"
    return ""


def _check_assessment(
    draft: Draft, window: EventWindow, assessment: EventAssessment
) -> None:
    """The paired invariants of every assessment; the engine checks its own side.

    Raises:
        InvariantBrokenError: the lines are not the rows of the asset, or the
            differences are not the variance: a defect of the core.
    """
    rows = ZERO
    for item in window.items:
        for entry in item_entries(item):
            line = entry.line
            if line.asset == draft.asset and line.role not in _NO_LINE:
                rows += line.amount
    booked = sum(draft.recorded.values(), ZERO) + draft.late_transfers
    differences = ZERO
    for one in assessment.lines:
        differences += one.recorded - one.expected
    for name, difference in (
        ("cash of the rows", rows - booked),
        ("sum of the differences", differences - assessment.variance),
    ):
        if difference:
            raise InvariantBrokenError(name, difference)


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
    credited = _credits(window)
    return (*lines, *(line for line in credited if line.asset == draft.asset))


def _credits(window: EventWindow) -> list[Line]:
    """Credits that name the event; one in another asset pays nothing of this one."""
    return [
        Line(
            "credit",
            credit.entry.line.asset,
            ZERO,
            credit.entry.line.amount,
            Basis.RECORDED,
            (credit.entry.id,),
            credit.entry.line.order_id and f"reference {credit.entry.line.order_id}",
        )
        for credit in window.credits
    ]


def _elsewhere(draft: Draft, window: EventWindow) -> tuple[Line, ...]:
    """Lines in other assets, as recorded: the rules of this asset say nothing of them."""
    if not draft.elsewhere and not window.credits:
        return ()
    moved = [
        Line(one.label, one.asset, one.amount, one.amount, Basis.RECORDED, (one.entry,))
        for one in draft.elsewhere
    ]
    credited = [line for line in _credits(window) if line.asset != draft.asset]
    return (*moved, *credited)


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
    # Below 0 is no debt yet while positions of the scope are open.
    is_open = draft.waits or window.position_after not in (None, ZERO)
    covered = max(draft.expected.get(("cover_received", WHOLE), ZERO), ZERO)
    taken = draft.expected.get(("surplus_taken", WHOLE), ZERO) < ZERO
    taken_over = any(line.label == "takeover" for line in lines)
    residual = max(expected, ZERO)
    return EventAssessment(
        asset=draft.asset,
        residual=residual,
        deficit=_deficit(draft, residual, covered - owes, is_open=is_open),
        received=recorded - owes,
        lines=lines,
        facts=Facts(
            unknown_rows=sum(line.label == "unknown" for line in lines),
            gap=_find_gap(window.items, draft.asset, opening),
            goes_to_fund=taken or taken_over,
            deficit_covered=covered,
            customer_owes=ZERO if is_open else -owes,
            credit_rows=sum(line.label == "credit" for line in lines),
            tolerance=policy.tolerance,
            money_step=policy.policy.rounding.money
            and policy.policy.rounding.money.step,
        ),
        policy=policy,
        verified_share=_verified_share(lines),
        elsewhere=_elsewhere(draft, window),
    )


def _deficit(
    draft: Draft, residual: Decimal, told: Decimal, *, is_open: bool
) -> Decimal:
    """What is missing: of an open scope only what the engine found missing in all."""
    if residual:
        return ZERO
    return draft.deficit if is_open else told


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
