"""A supervisor over tiny children: `python -m tests.config.tiny_desk RUN_DIR CHILD…`."""

import os
import sys
from pathlib import Path

from config.children import ChildPlan
from config.supervisor import DeskPlan, Supervisor

CHILDREN = {
    # Its own child outlives it unless the whole group is ended.
    "parent": "import subprocess, time;"
    "subprocess.Popen(['sleep', '600']); time.sleep(600)",
    "crashing": "raise SystemExit(3)",
    "stubborn": "import signal, time;"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
    # Leaves its group, and its parent at once.
    "leaving": "import subprocess, time;"
    "subprocess.Popen('setsid sleep 600 &', shell=True); time.sleep(600)",
}


def main(run_dir: Path, names: list[str]) -> int:
    plan = DeskPlan(
        run_dir=run_dir,
        children=[
            ChildPlan(name, (sys.executable, "-c", CHILDREN[name]), stop_seconds=0.5)
            for name in names
        ],
        environment=dict(os.environ),
        prepare=lambda: None,
        is_ready=lambda: True,
        first_commands=[(sys.executable, "-c", "print('All is up.')")],
        site="http://desk.example/",
    )
    return Supervisor(plan).run()


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2:]))
