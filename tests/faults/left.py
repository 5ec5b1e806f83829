"""What a desk holds: everything, or all that must not depend on who died when."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from recovery.models import PayoutBatch, SourceFile, Workbook

# Written while one looks, or by nobody's act.
_RESTLESS = ("django_session", "accounts_cache", "recovery_heartbeat")

_LEFT = {
    "entries": """
        SELECT a.number, l.fingerprint::text, l.ordinal, l.row_number, l.sequence,
               l.occurred_at, l.role, l.amount, l.balance_after, l.event_reference
        FROM recovery_ledgerentry l JOIN accounts_tradingaccount a ON a.id = account_id
    """,
    "files": """
        SELECT sha256, state, records, accepted, duplicate, ignored, rejected,
               checkpoint, sums::text, first_at, last_at, manifest::text, warnings::text
        FROM recovery_sourcefile
    """,
    "assessments": """
        SELECT e.reference, s.number, s.digest, e.active_assessment_id = s.id
        FROM recovery_assessment s JOIN recovery_event e ON e.id = s.event_id
    """,
    "results": """
        SELECT e.reference, s.number, r.asset, r.residual_amount, r.deficit_amount,
               r.received_amount, r.variance_amount, r.reason, r.parts::text
        FROM recovery_assessmentresult r
        JOIN recovery_assessment s ON s.id = r.assessment_id
        JOIN recovery_event e ON e.id = s.event_id
    """,
    "lines": """
        SELECT e.reference, s.number, l.position, l.label, l.expected, l.recorded
        FROM recovery_assessmentline l
        JOIN recovery_assessment s ON s.id = l.assessment_id
        JOIN recovery_event e ON e.id = s.event_id
    """,
    "breaks": """
        SELECT e.reference, b.asset, b.reason, b.state, b.variance_amount
        FROM recovery_break b JOIN recovery_event e ON e.id = b.event_id
    """,
    "jobs": "SELECT key, kind, state FROM recovery_job",
    "workbooks": "SELECT as_of, state, file_name, rows FROM recovery_workbook",
    "mails": "SELECT key, event, recipient, state FROM recovery_outboxmessage",
    "audit": "SELECT action, subject, actor_name FROM recovery_auditentry",
}


@dataclass(frozen=True, slots=True)
class Left:
    """Everything that must not depend on who died when, counted and digested."""

    digests: dict[str, tuple[int, str]]

    def count(self, name: str) -> int:
        return self.digests[name][0]


def what_is_left() -> Left:
    """Read the end state; ids and clocks are left out."""
    return Left({name: _digest(query) for name, query in _LEFT.items()})


def _digest(query: str) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)),"
            f" '') FROM ({query}) t"
        )
        row: Any = cursor.fetchone()
    return int(row[0]), str(row[1])


def conserves() -> bool:
    """Whether every file's records are all accounted for."""
    return all(
        file.records == file.accepted + file.duplicate + file.ignored + file.rejected
        for file in SourceFile.objects.all()
    )


def whole_state() -> dict[str, tuple[int, str]]:
    """Count and digest every row of every table, and every whole file.

    Two equal answers: nothing happened between them.
    """
    return every_row() | every_file()


def every_row() -> dict[str, tuple[int, str]]:
    """Count and digest the rows of every table."""
    tables = [
        name for name in connection.introspection.table_names() if name not in _RESTLESS
    ]
    return {name: _digest(f'SELECT * FROM "{name}"') for name in sorted(tables)}


def every_file() -> dict[str, tuple[int, str]]:
    """Digest every whole file."""
    state = {}
    for path in sorted(settings.FILES_DIR.rglob("[!.]*")):
        # Bytes lie there before their row, under their own digest: nobody's harm.
        if path.is_file() and path.parent.name != "sources":
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            state[str(path.relative_to(settings.FILES_DIR))] = (1, digest)
    return state


def files_without_rows() -> list[str]:
    """Files under their final name that no row stands for, and rows without a file."""
    folder = settings.FILES_DIR
    wanted = {f"sources/{file.sha256}" for file in SourceFile.objects.all()}
    wanted |= {
        f"batches/{batch.file_name}"
        for batch in PayoutBatch.objects.exclude(released_at=None)
    }
    wanted |= {
        f"workbooks/{book.file_name}" for book in Workbook.objects.filter(state="ready")
    }
    found = {
        str(path.relative_to(folder))
        for part in ("sources", "batches", "workbooks")
        for path in (folder / part).glob("[!.]*")
    }
    return sorted(wanted ^ found)


_CATALOGUE = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, column_default,
               character_maximum_length, numeric_precision, numeric_scale
        FROM information_schema.columns WHERE table_schema = 'public'
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal
    """,
    "functions": """
        SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
          AND NOT EXISTS (SELECT FROM pg_depend d
                          WHERE d.objid = p.oid AND d.deptype = 'e')
    """,
}


def catalogue() -> dict[str, tuple[int, str]]:
    """Everything migrations make: tables, constraints, indexes, triggers, functions."""
    return {name: _digest(query) for name, query in _CATALOGUE.items()}
