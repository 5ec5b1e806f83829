"""A desk of the benchmark's own: embedded servers in a folder that goes with it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.engines.addresses import DatabaseRole
from config.engines.prepare import prepare_if_behind
from config.engines.running import engines_running


@contextmanager
def desk_running() -> Iterator[Path]:
    """Servers, schema and Django for the length of a block, in a folder of its own.

    The server does not wait for the disk: what is compared is work, not fsync.
    """
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder:
        run_dir = Path(folder)
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        os.environ |= {
            "RUN_DIR": str(run_dir),
            "DATABASE_ROLE": DatabaseRole.OWNER,
            "LOCAL_HTTP": "true",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        with engines_running(run_dir, durable=False, users_seconds=0):
            prepare_if_behind(run_dir)
            import django

            django.setup()
            try:
                yield run_dir
            finally:
                from django.db import connections

                connections.close_all()
