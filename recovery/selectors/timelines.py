"""The rows around an event, in time order and bounded."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from recovery.models import EngineEntry, Event, LedgerEntry

_AROUND = timedelta(minutes=1)
_ROWS_MAX = 500


def ledger_window(event: Event) -> list[LedgerEntry]:
    """Ledger rows of the account from a minute before to a minute after the event.

    Rows elsewhere that name the event (a later credit) come along.
    """
    wanted = Q(
        occurred_at__gte=event.started_at - _AROUND,
        occurred_at__lte=event.ended_at + _AROUND,
    )
    if event.source_reference:
        wanted |= Q(event_reference=event.source_reference)
    rows = LedgerEntry.objects.filter(wanted, account_id=event.account_id)
    in_order = rows.select_related("source_file").order_by(
        "occurred_at", "source_file_id", "sequence"
    )
    return list(in_order[:_ROWS_MAX])


def engine_steps(event: Event) -> QuerySet[EngineEntry]:
    """Rows of the engine log that belong to the event."""
    rows = EngineEntry.objects.filter(account_id=event.account_id)
    if event.source_reference:
        rows = rows.filter(event_reference=event.source_reference)
    else:
        rows = rows.filter(
            instrument=event.instrument,
            occurred_at__gte=event.started_at - _AROUND,
            occurred_at__lte=event.ended_at + _AROUND,
        )
    return rows.order_by("occurred_at", "step", "id")[:_ROWS_MAX]
