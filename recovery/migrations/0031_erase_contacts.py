"""What was said when a customer was called can be taken out too."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0030_notice_kinds'),
    ]

    operations = [
        migrations.RunSQL(
            sql=(_SQL / "0031_erase_contacts.sql").read_text(encoding="utf-8"),
            reverse_sql=(_SQL / "0031_erase_contacts_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
