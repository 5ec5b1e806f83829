"""Guards that hold when the services are bypassed: plain triggers, no off switch."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("recovery", "0001_tables")]

    operations = [
        migrations.RunSQL(
            sql=(SQL / "0002_guards.sql").read_text(),
            reverse_sql=(SQL / "guards_reverse.sql").read_text(),
        ),
    ]
