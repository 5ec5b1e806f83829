"""A fail point kills its process when a test asked for it, and never on a server."""

import os
import signal

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from recovery.services.fail_points import fail_point


def passes(*names: str) -> int:
    """Pass fail points in a process of its own; what ended it, as `waitpid` says."""
    child = os.fork()
    if child == 0:
        for name in names:
            fail_point(name)
        os._exit(7)
    return os.waitpid(child, 0)[1]


def test_a_point_that_nobody_named_does_nothing(settings: Settings) -> None:
    settings.FAIL_AT = "other.point"
    assert os.waitstatus_to_exitcode(passes("a.point", "a.point")) == 7


@pytest.mark.parametrize("armed", ["a.point", "a.point:1", "a.point:2"])
def test_a_named_point_kills_at_its_count(settings: Settings, armed: str) -> None:
    settings.FAIL_AT = armed
    ended = os.waitstatus_to_exitcode(passes("other.point", "a.point", "a.point"))
    assert ended == -signal.SIGKILL


def test_it_waits_for_its_count(settings: Settings) -> None:
    settings.FAIL_AT = "a.point:3"
    assert os.waitstatus_to_exitcode(passes("a.point", "a.point")) == 7


def test_a_server_does_not_listen_and_its_checks_complain(settings: Settings) -> None:
    settings.FAIL_AT = "a.point"
    settings.IS_LOCAL_HTTP = False
    assert os.waitstatus_to_exitcode(passes("a.point")) == 7
    assert "desk.E001" in {found.id for found in run_checks()}


def test_nothing_is_armed_unless_somebody_says_so(settings: Settings) -> None:
    assert settings.FAIL_AT == ""
    assert "desk.E001" not in {found.id for found in run_checks()}
