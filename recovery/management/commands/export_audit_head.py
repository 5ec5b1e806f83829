"""`manage.py export_audit_head`: write the day's head of the audit down."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from recovery.services.audit_chain import audit_head_export


class Command(BaseCommand):
    help = "Writes the head of the audit's chain to FILES_DIR/audit-heads, once a day."

    def handle(self, **_options: Any) -> None:
        path, is_new = audit_head_export(timezone.now())
        word = "written" if is_new else "was written before and stays"
        self.stdout.write(f"{path}: {word}.")
        self.stdout.write(path.read_text(encoding="utf-8").strip())
