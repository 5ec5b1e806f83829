from pathlib import Path

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0017_set_offs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContactAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('way', models.CharField(choices=[('mail', 'Mail'), ('phone', 'Phone'), ('letter', 'Letter'), ('platform', 'Platform')], max_length=24)),
                ('was_reached', models.BooleanField()),
                ('text', models.TextField(db_comment='Who spoke, or what came back.')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contact_attempts', to='recovery.recoverycase')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('way__in', ['mail', 'phone', 'letter', 'platform'])), name='recovery_contact_way_known'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='recovery_contact_says_something')],
            },
        ),
        migrations.CreateModel(
            name='UnclaimedRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proof', models.TextField(db_comment='How it was proved whose money it is.')),
                ('evidence', models.TextField(db_comment='Where the proof lies.')),
                ('recorded_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('approver', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='unclaimed_release', to='recovery.decision')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('approver', models.F('recorded_by')), _negated=True), name='recovery_release_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approver__isnull', True)), models.Q(('approved_at__isnull', False), ('approver__isnull', False)), _connector='OR'), name='recovery_release_approved_whole'), models.CheckConstraint(condition=models.Q(models.Q(('proof', ''), _negated=True), models.Q(('evidence', ''), _negated=True)), name='recovery_release_has_proof')],
            },
        ),
        migrations.CreateModel(
            name='UnclaimedRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField(db_comment='Half open: [from, to).')),
                ('version', models.PositiveIntegerField(default=1)),
                ('terms_reference', models.CharField(max_length=200)),
                ('is_confirmed', models.BooleanField(db_comment='False: confirm with the venue.', default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('asset', models.CharField(max_length=24)),
                ('dust_amount', models.DecimalField(db_comment='Up to this an owed amount is dust.', decimal_places=18, max_digits=38)),
                ('dormant_days', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('asset', '='), ('period', '&&')], name='recovery_unclaimed_rule_no_overlap'), models.CheckConstraint(condition=models.Q(('dust_amount__gte', 0), ('dust_amount__lt', 100000000000000000000)), name='recovery_unclaimed_dust_number')],
            },
        ),
        migrations.RunSQL(
            (SQL / "0018_unclaimed.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
