"""What had no price is counted beside every total, and never goes back."""

from pathlib import Path

from django.db import migrations, models

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0018_unclaimed'),
    ]

    operations = [
        migrations.AddField(
            model_name='spendcounter',
            name='unpriced_count',
            field=models.PositiveIntegerField(db_comment='Amounts without a price: beside the total, never as 0.', default=0),
        ),
        migrations.RunSQL(
            sql=(_SQL / "0019_role_limits.sql").read_text(encoding="utf-8"),
            reverse_sql=(_SQL / "0019_role_limits_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
