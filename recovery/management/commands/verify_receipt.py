"""`verify_receipt REF`: recompute an event and hold it against its receipt."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recovery.domain.references import clean_reference
from recovery.models import Event
from recovery.services.receipts import ReceiptCheck, receipt_check

DIFFERS = 1


class Command(BaseCommand):
    help = (
        "Recompute an event from the stored rows and rules and compare the digest "
        "with its receipt's. Exit 0 when they agree, 1 when they differ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="reference of the event, LQ-…")

    def handle(self, *_args: Any, reference: str, **_options: Any) -> None:
        event = (
            Event.objects.filter(reference__in=[reference, clean_reference(reference)])
            .select_related("active_assessment")
            .first()
        )
        if event is None:
            raise CommandError(f"There is no event {reference}.", returncode=DIFFERS)
        check = receipt_check(event)
        self.stdout.write(_in_words(check))
        if not check.agrees:
            sys.exit(DIFFERS)


def _in_words(check: ReceiptCheck) -> str:
    name = f"{check.reference}: receipt no. {check.number}"
    if not check.stored:
        return f"{check.reference}: it has no receipt yet."
    if not check.receipt_holds:
        return f"{name} was changed: its text has not the digest {check.stored}."
    if not check.recomputed:
        return f"{name} cannot be recomputed: the rows show no such event any more."
    if not check.agrees:
        return (
            f"{name} differs. Stored {check.stored}, recomputed {check.recomputed}: "
            "rows or rules changed since; assess the event anew."
        )
    return f"{name} agrees: {check.stored}"
