"""`demo_data`: source files with a known truth, written, or brought in for real."""

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from recovery.demo.generate import DEFAULT_EVENTS, DEFAULT_SEED, write_demo
from recovery.models import SourceFile
from recovery.services.demo import demo_files_receive
from recovery.services.demo_people import demo_staff_make
from recovery.services.demo_story import DemoStory
from recovery.services.outbox import outbox_deliver
from recovery.tasks import run_all_due


class Command(BaseCommand):
    help = (
        "With --out: only write source files of three venues and their truth. "
        "Without: import them through the real pipeline, with people and cases."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, metavar="DIR")
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="N")
        parser.add_argument("--events", type=int, default=DEFAULT_EVENTS, metavar="N")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing on a filled desk"
        )

    def handle(self, **options: Any) -> None:
        if options["out"]:
            self._write(options["out"], options)
        elif not (options["if_empty"] and SourceFile.objects.exists()):
            with tempfile.TemporaryDirectory() as folder:
                self._write(Path(folder), options)
                self._bring_in(Path(folder))

    def _write(self, out: Path, options: dict[str, Any]) -> None:
        size = write_demo(out, seed=options["seed"], events=options["events"])
        self.stdout.write(
            f"{size.events} events of {size.accounts} accounts and {size.customers} "
            f"customers in {options['out'] or 'the demo'}"
        )
        if options["out"]:
            for scenario in sorted(size.scenarios):
                self.stdout.write(f"  {size.scenarios[scenario]:6d} {scenario}")

    def _bring_in(self, folder: Path) -> None:
        now = timezone.now()
        demo_files_receive(folder, run_due=run_all_due, say=self.stdout.write)
        self.stdout.write(f"{run_all_due()} jobs done")
        demo_staff_make(now=now)
        story = DemoStory(folder, now)
        reference = story.tell()
        run_all_due()
        story.withdraw()
        (settings.RUN_DIR / "demo-claim").write_text(reference)
        outbox_deliver(None, timezone.now())
        self.stdout.write("people, cases and a claim are in place")
