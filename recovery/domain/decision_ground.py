"""What a new assessment does to a decision that was approved on an older one.

Source: design §5 (recompute).
"""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from recovery.domain.ledger import ZERO
from recovery.domain.money import exact


class Ground(StrEnum):
    """How an approved decision stands to the assessment that is active now."""

    SAME = "same"  # It rests on it, or was confirmed on it.
    PAID = "paid"  # Only the decision's own credits have been seen since.
    IMMATERIAL = "immaterial"  # Equal amounts, asset, reason and lines: one click.
    MATERIAL = "material"


class Figures(NamedTuple):
    """What a decision looks at in a result."""

    variance: Decimal
    deficit: Decimal
    reason: str
    lines: tuple[tuple[str, Decimal, Decimal, str], ...]


def ground_of(then: Figures, now: Figures, posted: Decimal) -> Ground:
    """The ground under a decision.

    Args:
        then: What it was approved on.
        now: What the active assessment shows.
        posted: The decision's own credits that the ledger has shown since.
    """
    if posted != ZERO:
        with exact():
            is_own = now.variance - posted == then.variance
        return (
            Ground.PAID if is_own and now.deficit == then.deficit else Ground.MATERIAL
        )
    return Ground.IMMATERIAL if then == now else Ground.MATERIAL
