"""A desk on a disk that is really full: `python -m tests.faults.full_disk FOLDER LEDGER`.

Run by test_F21_full_disk.py inside a small file system of its own, or, where the machine
gives none (MEANS=limit), under a limit on the size of files. Says what came of each act
while there was no room and when there was room again, as one line of JSON.
"""

import errno
import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402 - the settings come first
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import User  # noqa: E402
from recovery.domain.errors import RecoveryError  # noqa: E402
from recovery.models import (  # noqa: E402
    Job,
    OutboxMessage,
    SourceFile,
    Workbook,
)
from recovery.services.actors import OPERATOR  # noqa: E402
from recovery.services.clock import database_now  # noqa: E402
from recovery.services.outbox import outbox_deliver  # noqa: E402
from recovery.services.source_files import source_file_receive  # noqa: E402
from recovery.tasks import run  # noqa: E402
from tests.people import signed_in  # noqa: E402

_BLOCK = 4_096
IS_LIMIT = os.environ.get("MEANS") == "limit"


def fill(folder: Path) -> None:
    """Leave no room at all."""
    if IS_LIMIT:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
        return
    with (folder / "filler").open("wb", buffering=0) as filler:
        size = _BLOCK * 16
        while size:
            try:
                filler.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2


def make_room(folder: Path) -> None:
    """Give the room back."""
    if IS_LIMIT:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        return
    (folder / "filler").unlink()


def receive(ledger: Path) -> str:
    source_file_receive(OPERATOR, path=ledger, name="full.csv", provenance="house")
    return f"{SourceFile.objects.count()} files"


def upload(ledger: Path) -> str:
    client = signed_in(User.objects.get(username="ada"))
    answer = client.post(
        reverse("admin:recovery_sourcefile_list_act", args=["upload"]),
        {
            "provenance": "house",
            "file": SimpleUploadedFile("l.csv", ledger.read_bytes() + b"\n" * 200_000),
        },
        headers={"host": "localhost"},
    )
    return f"{answer.status_code}, {SourceFile.objects.count()} files"


def workbook(_ledger: Path) -> str:
    book = Workbook.objects.get()
    Job.objects.filter(pk=book.job_id, state="due").update(due_at=database_now())
    run(book.job_id or 0)
    book.refresh_from_db()
    return f"{book.state}"


def mail(_ledger: Path) -> str:
    OutboxMessage.objects.filter(state="due").update(due_at=database_now())
    outbox_deliver(None, database_now())
    states = OutboxMessage.objects.values_list("state", flat=True).distinct()
    return ",".join(sorted(states))


ACTS: tuple[Callable[[Path], str], ...] = (receive, upload, workbook, mail)


def told(act: Callable[[Path], str], ledger: Path) -> str:
    try:
        return act(ledger)
    except RecoveryError as refusal:
        return refusal.code


def found(folder: Path) -> dict[str, int]:
    """Files by name and size, apart from ours."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name: path.stat().st_size for path in paths if path.name != "filler"}


def main() -> int:
    folder, ledger = Path(sys.argv[1]), Path(sys.argv[2])
    for name in ("files", "mail", "uploads"):
        (folder / name).mkdir(exist_ok=True)
    settings.FILES_DIR = folder / "files"
    settings.EMAIL_FILE_PATH = str(folder / "mail")
    settings.FILE_UPLOAD_TEMP_DIR = str(folder / "uploads")
    tempfile.tempdir = str(folder / "uploads")
    fill(folder)
    answer: dict[str, object] = {
        "full": {act.__name__: told(act, ledger) for act in ACTS},
        "left": found(folder),
    }
    make_room(folder)
    answer["room"] = {act.__name__: told(act, ledger) for act in ACTS}
    answer["kept"] = sorted(found(folder / "files"))
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
