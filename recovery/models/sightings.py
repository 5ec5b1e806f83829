"""Which further source files hold a ledger entry that another brought in first."""

from django.db import models

from recovery.models.append_only import AppendOnly
from recovery.models.ledger import LedgerEntry
from recovery.models.source_files import SourceFile


class Sighting(AppendOnly):
    """One ledger entry seen again in one more source file.

    The file that brought it in stands on the entry itself. Together they say how well
    a row is proven: the strongest of its files counts (services.sightings).
    """

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="sightings")
    source_file = models.ForeignKey(SourceFile, models.PROTECT, related_name="+")
    row_number = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "source_file"], name="recovery_sighting_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry} in {self.source_file}"
