"""`import_file FILE…`: the whole intake on the command line, with a fixed answer.

What cannot be read is answered in the same list as what was read: the other files of
the line are imported all the same. The exit code is 2 when any file was refused.
"""

import json
from argparse import ArgumentParser
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from recovery.domain.errors import RecoveryError
from recovery.models import DayOrder, JobState, Provenance, SourceFile, SourceFileState
from recovery.selectors.imports import import_report
from recovery.services.actors import OPERATOR
from recovery.services.source_files import source_file_forget, source_file_receive
from recovery.tasks import run, run_all_due

REFUSED = 2


class Command(BaseCommand):
    help = "Import source files, assess what they touch, report on each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--venue", default="")
        parser.add_argument("--account", default="")
        parser.add_argument("--zone", default="")
        parser.add_argument("--asset", default="")
        parser.add_argument(
            "--day-month",
            default="",
            choices=["", *(word.value for word in DayOrder)],
            help="which of the two the times write first",
        )
        parser.add_argument(
            "--provenance",
            default=Provenance.STAFF_OBTAINED,
            choices=[word.value for word in Provenance],
        )
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        reports = (_try_files if options["dry_run"] else _import_files)(options)
        if options["json"]:
            self.stdout.write(json.dumps(reports, indent=2, ensure_ascii=False))
        else:
            for report in reports:
                self.stdout.write(_in_words(report))
        if any("refused" in report for report in reports):
            raise SystemExit(REFUSED)


def _import_files(options: dict[str, Any]) -> list[dict[str, Any]]:
    received = [(path, _receive(path, options)) for path in options["files"]]
    run_all_due()
    return [_report(path, answer) for path, answer in received]


def _try_files(options: dict[str, Any]) -> list[dict[str, Any]]:
    """The very same import, in a transaction that is rolled back."""
    with transaction.atomic():
        reports = _import_files(options)
        transaction.set_rollback(True)
    for report in filter(itemgetter("sha256"), reports):
        if not SourceFile.objects.filter(sha256=report["sha256"]).exists():
            source_file_forget(report["sha256"])
    return reports


def _receive(path: Path, options: dict[str, Any]) -> SourceFile | str:
    """The file as it was received, or why it could not be."""
    if path.exists() and not path.is_file():
        return "It cannot be read: it is no file."  # A pipe would be waited for.
    try:
        return _received(path, options)
    except OSError as error:
        return f"It cannot be read: {error.strerror or error}."
    except RecoveryError as error:
        return str(error)


def _received(path: Path, options: dict[str, Any]) -> SourceFile:
    source_file = source_file_receive(
        OPERATOR,
        path=path,
        name=path.name,
        provenance=options["provenance"],
        venue=options["venue"],
        account=options["account"],
        zone=options["zone"],
        asset=options["asset"],
        day_order=options["day_month"],
    )
    if source_file.job:
        run(source_file.job.pk)
    return source_file


def _report(path: Path, answer: SourceFile | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"file": str(path), "sha256": "", "refused": answer}
    answer.refresh_from_db()
    job = answer.job
    is_waiting = answer.state == SourceFileState.STORED
    if job and job.state != JobState.DONE and is_waiting:
        why = f"The import failed: {job.error or job.state}"
        return {"file": str(path), "sha256": answer.sha256, "refused": why}
    return import_report(answer, name=str(path))


def _in_words(report: dict[str, Any]) -> str:
    if "refused" in report:
        return f"{report['file']}: refused. {report['refused']}"
    counts = ", ".join(
        f"{report[word]} {word}"
        for word in ("accepted", "duplicate", "ignored", "rejected")
    )
    layout = f"{report['venue']} {report['layout']}"
    events = len(report["events"])
    return f"{report['file']}: {layout}, {report['records']} records ({counts}), {events} events."
