"""Risky lines by name: a test has the process die there (TRUST §3.3).

`FAIL_AT=import.chunk_committed:3` kills this process the third time it passes that
point. Nothing else ever happens here, and on a server not even that.
"""

import os
import signal
from collections import Counter

from django.conf import settings

_passed: Counter[str] = Counter()


def fail_point(name: str) -> None:
    """Die here if a test asked for it.

    SIGKILL: nothing is cleaned up, no exception handler runs.

    Args:
        name: `subject.what_was_just_done`; unique, and killed at by some test.
    """
    if not settings.FAIL_AT or not settings.IS_LOCAL_HTTP:
        return
    wanted, _, count = settings.FAIL_AT.partition(":")
    if name != wanted:
        return
    _passed[name] += 1
    if _passed[name] >= int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
