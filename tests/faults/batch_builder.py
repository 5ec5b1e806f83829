"""A maker's process that builds batches and may die: `python -m tests.faults.batch_builder`.

DIE_AT_STATEMENT=N kills it at its N-th SQL statement, before that is sent. LINES_MAX
bounds a batch. It ends with 0 when nothing approved is waiting any more.
"""

import os
import sys

import django

django.setup()

from django.db import connection  # noqa: E402 - the settings come first

from accounts.models import User  # noqa: E402
from recovery.domain.errors import NotReadyError  # noqa: E402
from recovery.domain.words import PaymentKind  # noqa: E402
from recovery.services.batches import batch_build  # noqa: E402
from tests.faults.runner import FailPoint  # noqa: E402
from tests.people import acting  # noqa: E402
from tests.story import NOW  # noqa: E402


def main() -> int:
    maker = acting(User.objects.get(username="max"), NOW)
    lines_max = int(os.environ.get("LINES_MAX", "100"))
    fail_point = FailPoint(int(os.environ.get("DIE_AT_STATEMENT", "0")))
    with connection.execute_wrapper(fail_point):
        while True:
            try:
                batch_build(maker, PaymentKind.CREDIT, now=NOW, lines_max=lines_max)
            except NotReadyError:
                return 0


if __name__ == "__main__":
    sys.exit(main())
