"""What stands after each stage of a staged reduction.

Source: case format, section 5.2; liquidation math, section 4.
"""

from decimal import Decimal

from recovery.domain.money import ZERO
from recovery.domain.settlement_case import Event, ResultValue
from recovery.domain.settlement_state import ScopeState

Values = dict[str, ResultValue]


class _Stage:
    """The state after the last event of one stage so far."""

    reduced_qty = ZERO
    remaining_qty = ZERO
    pnl: Decimal | None = None
    wallet = ZERO
    equity: Decimal | None = None


class StageRecorder:
    """Notes the state after every event that carries a stage."""

    def __init__(self) -> None:
        """Start with no stage; sizes closed outside a stage count in none."""
        self._stages: dict[Decimal, _Stage] = {}
        self._closed_before = ZERO

    def note(self, state: ScopeState, event: Event) -> None:
        """Take the state after one event."""
        closed = state.closed_qty - self._closed_before
        self._closed_before = state.closed_qty
        if event.stage is None:
            return
        stage = self._stages.setdefault(event.stage, _Stage())
        stage.reduced_qty += closed
        stage.remaining_qty = state.qty
        stage.pnl, stage.wallet = state.pnl, state.wallet
        known = not state.qty or state.mark is not None
        stage.equity = state.equity() if known and not state.sizes_only else None

    def sizes(self) -> Values:
        """Sizes per stage, in the order of the stages' first events."""
        stages = self._stages.values()
        return {
            "reduced_qty_per_stage": tuple(stage.reduced_qty for stage in stages),
            "remaining_qty_per_stage": tuple(stage.remaining_qty for stage in stages),
        }

    def amounts(self) -> Values:
        """Money per stage; equity only where every mark was known."""
        stages = self._stages.values()
        values: Values = {
            "wallet_balance_per_stage": tuple(stage.wallet for stage in stages),
        }
        pnl = tuple(stage.pnl for stage in stages if stage.pnl is not None)
        if len(pnl) == len(stages):
            values["cumulative_pnl_per_stage"] = pnl
        equity = tuple(stage.equity for stage in stages if stage.equity is not None)
        if len(equity) == len(stages):
            values["equity_per_stage"] = equity
        return values
