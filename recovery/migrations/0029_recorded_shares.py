from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0028_adjustments'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordedShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asset', models.CharField(max_length=24)),
                ('bearer', models.CharField(choices=[('insurance_fund', 'Insurance fund'), ('adl', 'Adl'), ('socialised', 'Socialised'), ('lenders', 'Lenders'), ('pool', 'Pool'), ('venue', 'Venue'), ('customer', 'Customer')], max_length=24)),
                ('amount', models.DecimalField(decimal_places=18, max_digits=38)),
                ('evidence', models.CharField(db_comment='Where the proof lies.', max_length=180)),
                ('recorded_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_reason', models.TextField(blank=True)),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recorded_shares', to='recovery.event')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('amount__lt', 100000000000000000000)), name='recovery_recorded_share_positive'), models.CheckConstraint(condition=models.Q(('bearer__in', ['insurance_fund', 'adl', 'socialised', 'lenders', 'pool', 'venue', 'customer'])), name='recovery_recorded_share_bearer_known'), models.CheckConstraint(condition=models.Q(models.Q(('bearer', 'customer'), _negated=True), models.Q(('evidence', ''), _negated=True)), name='recovery_recorded_share_of_others'), models.CheckConstraint(condition=models.Q(('confirmed_by', models.F('recorded_by')), _negated=True), name='recovery_recorded_share_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), _connector='OR'), name='recovery_recorded_share_confirmed_whole'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_reason', ''), _negated=True)), _connector='OR'), name='recovery_recorded_share_withdrawn_whole'), models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('event', 'asset', 'bearer'), name='recovery_recorded_share_once')],
            },
        ),
        migrations.RunSQL(
            (SQL / "0029_recorded_shares.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
