"""In what order several workers run the tests: the long ones first, shared out.

Every worker is given one stretch of the list and takes from another's end when it has
done its own (`--dist worksteal`). So each stretch begins with its share of the long
modules and ends with what takes milliseconds. Modules stay whole, and those that need
the workers of one desk stay side by side: whatever they set up is set up once.
"""

import os

import pytest

_LONG = ("slow", "browser")
_DESK_AT_WORK = "at_work"
Module = list[pytest.Item]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order what the other plugins have shuffled and sorted."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        items[:] = stretches(items, workers)


def stretches(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Give the stretch of each worker, one behind the other."""
    modules: dict[str, Module] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    long = sorted(filter(_is_long, modules.values()), key=_needs_desk, reverse=True)
    rest = [one for part in modules.values() if part not in long for one in part]
    shares: list[Module] = [[] for _ in range(workers)]
    dealt = 0
    for module in long:
        dealt += not _needs_desk(module)
        shares[dealt % workers] += module
    ordered: list[pytest.Item] = []
    for number, share in enumerate(shares, 1):
        # As many as `worksteal` hands out at the start.
        room = max(len(items) * number // workers - len(ordered) - len(share), 0)
        ordered += share + rest[:room]
        del rest[:room]
    return ordered + rest


def _is_long(module: Module) -> bool:
    return any(one.get_closest_marker(mark) for one in module for mark in _LONG)


def _needs_desk(module: Module) -> bool:
    return any(_DESK_AT_WORK in getattr(one, "fixturenames", ()) for one in module)
