"""A person can be taken out of the rows about them."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_destinations'),
    ]

    operations = [
        migrations.RunSQL(
            sql=(_SQL / "0005_erasure.sql").read_text(encoding="utf-8"),
            reverse_sql=(_SQL / "0005_erasure_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
