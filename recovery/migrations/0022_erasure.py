"""A customer nobody owes anything is taken out of every row that need not name them."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_erasure'),
        ('recovery', '0021_news'),
    ]

    operations = [
        migrations.RunSQL(
            sql=(_SQL / "0022_erasure.sql").read_text(encoding="utf-8"),
            reverse_sql=(_SQL / "0022_erasure_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
