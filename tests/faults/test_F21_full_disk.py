"""A disk that is really full: a file system of two megabytes, with nothing left (F21).

Made in a mount namespace of its own. Where a machine gives nobody one, the same acts
run under a limit on the size of files; the test says which it was.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from recovery.models import Job, JobState, OutboxMessage, OutboxState
from recovery.services.workbooks import workbook_request
from tests.faults.desk import CHECKOUT, worker_environment
from tests.story import People, short_ledger, write_ledger

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MOUNTS = (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount"))
_IN_TMPFS = 'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$2" -m "$3" "$1" "$4"'


def mount_words() -> tuple[str, ...]:
    """The words that give a process mounts of its own; none where nobody may."""
    for words in MOUNTS:
        probe = [*words, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if (
            shutil.which("unshare")
            and not subprocess.run(probe, capture_output=True, check=False).returncode
        ):
            return words
    return ()


def acts_on_a_full_disk(
    folder: Path, ledger: Path, said: pytest.CaptureFixture[str]
) -> dict[str, dict[str, object]]:
    words, module = mount_words(), "tests.faults.full_disk"
    command = [sys.executable, "-m", module, str(folder), str(ledger)]
    if words:
        script = ["sh", "-c", _IN_TMPFS, "-", str(folder), sys.executable, module]
        command = [*words, "--", *script, str(ledger)]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**worker_environment(), "MEANS": "mount" if words else "limit"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with said.disabled():
        means = "a full tmpfs" if words else "a limit on the size of files"
        sys.stdout.write(f" F21 by {means} ")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_f21_a_full_disk_refuses_in_words_and_keeps_no_half(
    people: People, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people.event(short_ledger("A-1"))
    workbook_request(people.max_, now=timezone.now())
    OutboxMessage.objects.create(
        key="k", event="e", recipient="cem@example.org", subject="s", body="b" * 9_000
    )
    ledger = write_ledger(tmp_path / "new.csv", [short_ledger("A-2")])
    folder = tmp_path / "disk"
    folder.mkdir()

    answer = acts_on_a_full_disk(folder, ledger, capsys)

    assert answer["full"] == {
        "receive": "store_full",
        "upload": "507, 1 files",
        "workbook": "preparing",
        "mail": "due",
    }
    assert answer["left"] == {}
    assert answer["room"] == {
        "receive": "2 files",
        "upload": "302, 3 files",
        "workbook": "ready",
        "mail": "done",
    }
    assert len(answer["kept"]) == 3  # Two source files and the workbook.
    assert not Job.objects.filter(state=JobState.QUARANTINED).exists()
    assert OutboxMessage.objects.get(key="k").state == OutboxState.DONE
