"""What staff say row types mean, and an index of the rows nobody knows."""

from pathlib import Path

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_destinations'),
        ('recovery', '0023_previews'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OperationMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=24)),
                ('reason', models.TextField()),
                ('source', models.CharField(db_comment='Where it was read.', max_length=200)),
                ('content_digest', models.CharField(max_length=64)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision_reason', models.TextField(blank=True)),
                ('venue', models.CharField(max_length=32)),
                ('layout', models.CharField(db_comment='Its code, every generation.', max_length=64)),
                ('operation', models.CharField(db_comment='Folded, as it is compared.', max_length=80)),
                ('role', models.CharField(choices=[('XFER', 'Xfer'), ('PNL', 'Pnl'), ('FEE', 'Fee'), ('LIQFEE', 'Liqfee'), ('INS', 'Ins'), ('ADL', 'Adl'), ('CLAW', 'Claw'), ('FUND', 'Fund'), ('LOAN', 'Loan'), ('REPAY', 'Repay'), ('INT', 'Int'), ('SOLD', 'Sold'), ('BOUGHT', 'Bought'), ('CONV', 'Conv'), ('CREDIT', 'Credit'), ('INFO', 'Info'), ('UNKNOWN', 'Unknown')], max_length=24)),
                ('marker', models.CharField(blank=True, choices=[('', ''), ('liquidation', 'Liquidation'), ('reduction', 'Reduction'), ('adl', 'Adl'), ('takeover', 'Takeover'), ('cover', 'Cover'), ('counterparty', 'Counterparty')], max_length=24)),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField(db_comment='Half open: rows of [from, to).')),
                ('shadow', models.JSONField(db_comment='What it would change, when proposed.')),
            ],
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(condition=models.Q(('role', 'UNKNOWN')), fields=['source_file', 'operation'], name='recovery_entry_unknown'),
        ),
        migrations.AddField(
            model_name='operationmapping',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='operationmapping',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='operationmapping',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['proposed', 'approved', 'refused', 'withdrawn'])), name='recovery_operation_mapping_status_known'),
        ),
        migrations.AddConstraint(
            model_name='operationmapping',
            constraint=models.UniqueConstraint(fields=('venue', 'layout', 'operation', 'version'), name='recovery_operation_mapping_version_once'),
        ),
        migrations.AddConstraint(
            model_name='operationmapping',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('venue', 'layout', 'operation'), name='recovery_operation_mapping_one_waits'),
        ),
        migrations.AddConstraint(
            model_name='operationmapping',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['approved', 'refused']), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='recovery_operation_mapping_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='operationmapping',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['XFER', 'PNL', 'FEE', 'LIQFEE', 'INS', 'ADL', 'CLAW', 'FUND', 'LOAN', 'REPAY', 'INT', 'SOLD', 'BOUGHT', 'CONV', 'CREDIT', 'INFO', 'UNKNOWN'])), name='recovery_operation_mapping_role_known'),
        ),
        migrations.RunSQL(
            sql=(_SQL / "0024_mappings.sql").read_text(encoding="utf-8"),
            reverse_sql=(_SQL / "0024_mappings_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
