"""Payments: proposed by a maker, approved by a checker, sealed in between."""

from recovery.services.payment_approvals import payment_approve
from recovery.services.payment_content import (
    payment_content,
    payment_headroom,
    payment_leaves,
    payment_lock,
)
from recovery.services.payment_proposals import payment_propose, payment_replace
from recovery.services.payment_steps import (
    payment_cancel,
    payment_hold,
    payment_unhold,
    payment_void,
)

__all__ = [
    "payment_approve",
    "payment_cancel",
    "payment_content",
    "payment_headroom",
    "payment_hold",
    "payment_leaves",
    "payment_lock",
    "payment_propose",
    "payment_replace",
    "payment_unhold",
    "payment_void",
]
