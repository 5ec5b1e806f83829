"""Positions as they are stated."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_destinations'),
        ('recovery', '0025_layout_mappings'),
    ]

    operations = [
        migrations.CreateModel(
            name='PositionEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_number', models.BigIntegerField()),
                ('instrument', models.CharField(max_length=40)),
                ('occurred_at', models.DateTimeField()),
                ('position', models.DecimalField(decimal_places=18, max_digits=38)),
                ('entry_price', models.DecimalField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('mark_price', models.DecimalField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tradingaccount')),
                ('source_file', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recovery.sourcefile')),
            ],
            options={
                'verbose_name_plural': 'stated positions',
                'constraints': [models.UniqueConstraint(fields=('account', 'instrument', 'occurred_at', 'position'), name='recovery_position_once'), models.CheckConstraint(condition=models.Q(('position__gt', -100000000000000000000), ('position__lt', 100000000000000000000)), name='recovery_position_number')],
            },
        ),
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE
                  ON recovery_positionentry FOR EACH ROW
                  EXECUTE FUNCTION desk_refuse_change();
                CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
                  ON recovery_positionentry FOR EACH STATEMENT
                  EXECUTE FUNCTION desk_refuse_change();
            """,
            reverse_sql="""
                DROP TRIGGER desk_append_only ON recovery_positionentry;
                DROP TRIGGER desk_no_truncate ON recovery_positionentry;
            """,
        ),
    ]
