"""The shares of a deficit sum to it exactly."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("recovery", "0011_outbox_outcomes")]

    operations = [
        migrations.RunSQL(
            (SQL / "0012_shares.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
