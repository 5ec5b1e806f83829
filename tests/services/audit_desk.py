"""A short audit, its sealing at once, and a superuser who may do anything."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from accounts.models import User
from recovery.services.actors import SYSTEM, staff_actor
from recovery.services.audit import audit_write

LENGTH = 7


def seal_now() -> None:
    """Have done what a commit does, inside of a test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def write_audit(user: User, count: int = LENGTH) -> None:
    """Seal some acts of a person and of the system."""
    for number in range(1, count + 1):
        actor = staff_actor(user, f"r{number}") if number % 2 else SYSTEM
        audit_write(actor, "case.take", f"case RC-{number}", number=number, word="ü,1:")
    seal_now()


@contextmanager
def as_superuser() -> Iterator[None]:
    """Fire no trigger and check no reference, as only the owner of all may."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET LOCAL session_replication_role = origin")


def forge(statement: str, *arguments: object) -> None:
    """Do to the audit what nobody may."""
    with as_superuser(), connection.cursor() as cursor:
        cursor.execute(statement, arguments)


def reseal_from(position: int) -> None:
    """Compute all links anew from a position on, as a patient forger would."""
    with as_superuser(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT position, entry_id FROM recovery_auditseal WHERE position >= %s"
            " ORDER BY position",
            [position],
        )
        for place, entry in cursor.fetchall():
            cursor.execute(
                "UPDATE recovery_auditseal s SET previous_hash = p.hash, hash ="
                " desk_audit_hash(s.position, p.hash, %s)"
                " FROM (SELECT coalesce((SELECT hash FROM recovery_auditseal"
                " WHERE position = %s), repeat('0', 64)) AS hash) p"
                " WHERE s.position = %s",
                [entry, place - 1, place],
            )
