"""The one clock of the desk: the database's (TRUST F20)."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The instant this statement began, by the clock all processes share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]
