"""What the audit's chain costs when fifty people act at once.

Side by side on a durable server of its own: acts without a chain, acts sealed at
their commit (as shipped), and acts sealed at once, whose transactions then hold the
chain's lock to their end. One act is one entry and some other work in a transaction.

    python -m benchmarks.audit_bench [seconds]
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg

from config.engines.addresses import DatabaseRole, embedded_database
from config.engines.running import engines_running

HANDS = 50
WORK_SECONDS = 0.005
WAYS = {
    "no chain": "SET session_replication_role = replica",
    "sealed at commit": "SET session_replication_role = origin",
    "sealed at once": "SET session_replication_role = origin",
}
ACT = """
BEGIN; {first} SELECT desk_audit_write(NULL, 'bench', '', 'case.take', 'case RC-{number}',
'{{"reason": "because"}}', 'request'); SELECT pg_sleep({work}); COMMIT
"""


def act_until(deadline: float, run_dir: Path, way: str, waits: list[float]) -> None:
    """Act as one person; note how long every act took."""
    address = embedded_database(run_dir, DatabaseRole.OWNER)
    with psycopg.connect(
        host=address["HOST"],
        user=address["USER"],
        dbname=address["NAME"],
        autocommit=True,
    ) as hand:
        hand.execute(WAYS[way])
        first = "SET CONSTRAINTS ALL IMMEDIATE;" if way == "sealed at once" else ""
        number = threading.get_ident()
        statement = ACT.format(first=first, number=number, work=WORK_SECONDS)
        while time.monotonic() < deadline:
            start = time.monotonic()
            hand.execute(statement)
            waits.append(time.monotonic() - start)


def measure(run_dir: Path, way: str, hands: int, seconds: float) -> None:
    """Run one way with some hands and print acts a second and how long they took."""
    waits: list[float] = []
    deadline = time.monotonic() + seconds
    people = [
        threading.Thread(target=act_until, args=[deadline, run_dir, way, waits])
        for _ in range(hands)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    waits.sort()
    middle, high = (waits[int(len(waits) * part)] * 1000 for part in (0.5, 0.95))
    print(
        f"{way:18} {hands:3} hands {len(waits) / seconds:8.0f} acts/s"
        f"   p50 {middle:6.1f} ms   p95 {high:6.1f} ms"
    )


def main(seconds: float) -> None:
    """Measure every way alone and with all hands."""
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder)
        with engines_running(run_dir, users_seconds=0):
            subprocess.run(
                [sys.executable, "-m", "config.engines.prepare"],
                env={**os.environ, "RUN_DIR": folder},
                check=True,
            )
            for hands in (1, HANDS):
                for way in WAYS:
                    measure(run_dir, way, hands, seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
