from pathlib import Path

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0016_payout_terms'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SetOffPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField(db_comment='Half open: [from, to).')),
                ('version', models.PositiveIntegerField(default=1)),
                ('terms_reference', models.CharField(max_length=200)),
                ('is_confirmed', models.BooleanField(db_comment='False: confirm with the venue.', default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('venue', models.CharField(max_length=32)),
                ('client_classes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), size=None)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'set-off policies',
            },
        ),
        migrations.CreateModel(
            name='SetOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=24, unique=True)),
                ('asset', models.CharField(max_length=24)),
                ('amount', models.DecimalField(decimal_places=18, max_digits=38)),
                ('owed_before_amount', models.DecimalField(db_comment='Owed to the customer, unpaid.', decimal_places=18, max_digits=38)),
                ('due_before_amount', models.DecimalField(db_comment='Owed by the customer, unpaid.', decimal_places=18, max_digits=38)),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn'), ('reversed', 'Reversed')], default='proposed', max_length=24)),
                ('reason', models.TextField()),
                ('sealed', models.TextField()),
                ('content_digest', models.CharField(max_length=64)),
                ('proposed_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_reason', models.TextField(blank=True)),
                ('approver', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='set_offs', to='recovery.collection')),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='set_offs', to='recovery.decision')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='set_offs', to='recovery.setoffpolicy')),
            ],
            options={
                'verbose_name': 'set-off',
                'verbose_name_plural': 'set-offs',
            },
        ),
        migrations.AddConstraint(
            model_name='setoffpolicy',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('venue', '='), ('period', '&&')], name='recovery_set_off_policy_no_overlap'),
        ),
        migrations.AddConstraint(
            model_name='setoffpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('client_classes__overlap', ['retail']), _negated=True), name='recovery_set_off_policy_spares_protected'),
        ),
        migrations.AddConstraint(
            model_name='setoffpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('terms_reference', ''), _negated=True), name='recovery_set_off_policy_has_clause'),
        ),
        migrations.AddConstraint(
            model_name='setoff',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('amount__lt', 100000000000000000000)), name='recovery_set_off_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='setoff',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['proposed', 'approved', 'withdrawn', 'reversed'])), name='recovery_set_off_status_known'),
        ),
        migrations.AddConstraint(
            model_name='setoff',
            constraint=models.CheckConstraint(condition=models.Q(('amount__lte', models.F('owed_before_amount')), ('amount__lte', models.F('due_before_amount'))), name='recovery_set_off_within_both'),
        ),
        migrations.AddConstraint(
            model_name='setoff',
            constraint=models.CheckConstraint(condition=models.Q(('approver', models.F('proposer')), _negated=True), name='recovery_set_off_two_people'),
        ),
        migrations.AddConstraint(
            model_name='setoff',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['proposed', 'withdrawn']), models.Q(('approved_at__isnull', False), ('approver__isnull', False)), _connector='OR'), name='recovery_set_off_approved_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='setoff',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['proposed', 'approved']), models.Q(('ended_at__isnull', False), models.Q(('ended_reason', ''), _negated=True)), _connector='OR'), name='recovery_set_off_ended_whole'),
        ),
        migrations.AddConstraint(
            model_name='setoff',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'reversed'), _negated=True), models.Q(('ended_by__isnull', False), models.Q(('ended_by', models.F('proposer')), _negated=True), models.Q(('ended_by', models.F('approver')), _negated=True)), _connector='OR'), name='recovery_set_off_reversed_by_another'),
        ),
        migrations.RunSQL(
            (SQL / "0017_lifecycles.sql").read_text(), migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            (SQL / "0017_set_offs.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
