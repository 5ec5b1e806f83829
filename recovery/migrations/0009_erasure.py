from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0008_approval_grant'),
    ]

    operations = [
        migrations.RunSQL(
            sql=(_SQL / "0009_erasure.sql").read_text(encoding="utf-8"),
            reverse_sql=(_SQL / "0009_erasure_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
