"""What the records of a file become: rows for COPY, sums, counters. No database.

A row's text lacks its first column, the account's id or the venue: it is put before
it when the row is written, where the database is.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from recovery.domain.ledger import (
    ZERO,
    EngineStep,
    FundingRate,
    LedgerLine,
    LedgerRole,
    MarkPrice,
    PositionStated,
    ReferenceRow,
    RowProblem,
)
from recovery.domain.money import exact
from recovery.reading.copy_text import copy_line, copy_words
from recovery.venues.fingerprints import Ordinals, fingerprint_by
from recovery.venues.outcomes import Ignored, Outcome
from recovery.venues.profile import Layout, RowOrder
from recovery.venues.proofs import own_number

SEQUENCE_END = 2**63  # What a column of whole numbers holds.
Sums = dict[str, dict[str, Decimal]]


@dataclass(slots=True)
class Tally:
    """What a chunk adds to the counters of its file.

    Attributes:
        accounts: Account number of each row; empty where rows name no account.
        lines: Each row's text behind its first column, beside `accounts`.
        left_out: How many rows were ignored for each reason.
    """

    records: int = 0
    accounts: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    ignored: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    sums: Sums = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None

    def add_sum(self, asset: str, role: str, amount: Decimal) -> None:
        """Add to the sum of one asset and role."""
        if amount:
            roles = self.sums.setdefault(asset, {})
            roles[role] = roles.get(role, ZERO) + amount

    def see(self, at: datetime) -> None:
        """Widen the time range."""
        if self.first_at is None or self.last_at is None:
            self.first_at = self.last_at = at
        elif at > self.last_at:
            self.last_at = at
        elif at < self.first_at:
            self.first_at = at


class RowMaker:
    """Makes the rows of one file.

    Args:
        file_id: The source file's id.
        layout: How the file lists its rows, and what makes them the same elsewhere.
    """

    def __init__(self, file_id: int, layout: Layout) -> None:
        self._file = str(file_id)
        self._direction = -1 if layout.order is RowOrder.NEWEST_FIRST else 1
        self._is_by_id = layout.order is RowOrder.BY_ID
        self._fingerprint = fingerprint_by(layout.identity)
        self._ids_count = layout.identity is None
        self._is_stated = layout.time.forms[:1] == ("iso_z",)
        self._ordinals = Ordinals()

    def tally(self, outcomes: Iterable[Outcome]) -> Tally:
        """Count and write down what these records mean."""
        tally = Tally()
        with exact():
            for outcome in outcomes:
                tally.records += 1
                if isinstance(outcome, LedgerLine):
                    self._take_line(tally, outcome)
                elif isinstance(outcome, RowProblem):
                    tally.problems.append(outcome)
                elif isinstance(outcome, Ignored):
                    tally.ignored += 1
                    tally.left_out[outcome.reason] += 1
                elif isinstance(outcome, EngineStep):
                    self._take_step(tally, outcome)
                elif isinstance(outcome, PositionStated):
                    self._take_position(tally, outcome)
                elif isinstance(outcome, ReferenceRow):
                    tally.lines.append(json.dumps(outcome))
                else:
                    self._take_price(tally, outcome)
        return tally

    def _take_line(self, tally: Tally, line: LedgerLine) -> None:
        """This runs for every row of a large file: one tuple, one join."""
        (
            number, account, at, asset, role, operation, amount, fee, funding,
            liquidation_fee, instrument, marker, side, quantity, price, mark, entry,
            position, balance, source_id, order_id, event, raw_time,
        ) = line  # fmt: skip
        fingerprint = self._fingerprint(line)
        ordinal = "0"
        if not source_id or not self._ids_count:
            ordinal = str(self._ordinals.next(fingerprint))
        sequence = str(number * self._direction)
        if self._is_by_id:
            sequence = str(own_number(line) % SEQUENCE_END)
        if fee or funding or liquidation_fee:
            tally.add_sum(asset, LedgerRole.FEE, fee)
            tally.add_sum(asset, LedgerRole.FUND, funding)
            tally.add_sum(asset, LedgerRole.LIQFEE, liquidation_fee)
            tally.add_sum(asset, role, line.principal_amount)
        else:
            tally.add_sum(asset, role, amount)
        tally.see(at)
        tally.accounts.append(account)
        # A stated instant is copied as it stands: writing it anew costs as much as
        # reading it did.
        is_stated = self._is_stated and raw_time[10:11] == "T" and raw_time[-1] == "Z"
        operation, source_id, order_id, event, raw_time = copy_words(
            (operation, source_id, order_id, event, raw_time)
        )
        tally.lines.append(
            "\t".join(
                (
                    "\\\\x" + fingerprint.hex(), ordinal, self._file, str(number),
                    sequence, raw_time if is_stated else at.isoformat(), asset, role,
                    operation, str(amount),
                    "0" if fee is ZERO else str(fee),
                    "0" if funding is ZERO else str(funding),
                    "0" if liquidation_fee is ZERO else str(liquidation_fee),
                    instrument, marker, side,
                    "\\N" if quantity is None else str(quantity),
                    "\\N" if price is None else str(price),
                    "\\N" if mark is None else str(mark),
                    "\\N" if entry is None else str(entry),
                    "\\N" if position is None else str(position),
                    "\\N" if balance is None else str(balance),
                    source_id, order_id, event, raw_time,
                )
            )
        )  # fmt: skip

    def _take_step(self, tally: Tally, step: EngineStep) -> None:
        tally.see(step.occurred_at)
        if step.fund_movement:
            tally.add_sum(step.asset, LedgerRole.INS, step.fund_movement)
        tally.accounts.append(step.account)
        tally.lines.append(
            copy_line(
                (
                    step.event_reference, step.step, step.action, self._file,
                    step.row_number, step.instrument, step.occurred_at,
                    step.margin_mode, step.asset, step.trigger_mark_price,
                    step.margin_level, step.bankruptcy_price, step.takeover_price,
                    step.side, step.quantity, step.fill_price, step.entry_price,
                    step.position_after, step.fund_movement,
                )
            )
        )  # fmt: skip

    def _take_position(self, tally: Tally, stated: PositionStated) -> None:
        tally.see(stated.occurred_at)
        tally.accounts.append(stated.account)
        tally.lines.append(
            copy_line(
                (
                    stated.instrument, stated.occurred_at, stated.position, self._file,
                    stated.row_number, stated.entry_price, stated.mark_price,
                )
            )
        )  # fmt: skip

    def _take_price(self, tally: Tally, outcome: MarkPrice | FundingRate) -> None:
        number, instrument, at, value = outcome
        tally.see(at)
        tally.lines.append(copy_line((instrument, at, self._file, number, value)))
