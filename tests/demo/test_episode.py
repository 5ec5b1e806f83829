"""What happens when no believable event can be played."""

from random import Random

import pytest

from recovery.demo.episode import DemoStuckError, Player
from recovery.demo.market import MAIN_CRASH_AT, Market, Window
from recovery.demo.plan import BASE, HOUSE, Account, Planned


def test_a_quiet_market_ruins_nobody_who_was_just_saved() -> None:
    window = Window(MAIN_CRASH_AT, -1, 5)
    rng = Random(1)
    player = Player(rng, Market(rng, (window,)))
    account = Account(HOUSE, "RD-1", "house", "cross", BASE)
    account.planned.append(Planned("reduction_failed", window))
    with pytest.raises(DemoStuckError, match="reduction_failed on RD-1"):
        player.play(account, ["EV-1"])
