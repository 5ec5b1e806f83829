from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_destinations'),
        ('recovery', '0012_shares'),
    ]

    operations = [
        migrations.RunSQL(
            sql=(_SQL / "0013_destinations.sql").read_text(encoding="utf-8"),
            reverse_sql=(_SQL / "0013_destinations_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
