"""The hourly look at what must hold; silence is told by a heartbeat that stands still."""

import logging

from recovery.selectors.invariants import Broken, invariants_broken
from recovery.services.heartbeats import heartbeat_beat

INVARIANTS = "invariants"

logger = logging.getLogger(__name__)


def invariants_watch() -> list[Broken]:
    """Ask every invariant; while all hold, move the heartbeat forward.

    A broken one is logged by its name, and the heartbeat ages until somebody looks.
    Safe to run any number of times and twice at once.

    Returns:
        What breaks them.
    """
    broken = invariants_broken()
    for name in sorted({one.invariant for one in broken}):
        logger.error("invariant %s is broken", name)
    if not broken:
        heartbeat_beat(INVARIANTS)
    return broken
