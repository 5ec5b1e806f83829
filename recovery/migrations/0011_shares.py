"""The shares of a deficit sum to it exactly."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("recovery", "0008_outbox_outcomes"),
        ("recovery", "0010_money"),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / "0011_shares.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
