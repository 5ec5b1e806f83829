"""Counters of what strangers may do only so often."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0003_audit_chain'),
    ]

    operations = [
        migrations.CreateModel(
            name='RateCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('claim_filing', 'Claim filing'), ('code_request', 'Code request'), ('code_entry', 'Code entry')], max_length=24)),
                ('subject', models.CharField(blank=True, db_comment='Keyed digest of a network address; empty: everybody together.', max_length=64)),
                ('window_began_at', models.DateTimeField()),
                ('count', models.PositiveBigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['window_began_at'], name='recovery_rate_oldest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('act__in', ['claim_filing', 'code_request', 'code_entry'])), name='recovery_rate_act_known'), models.UniqueConstraint(fields=('act', 'subject'), name='recovery_rate_once')],
            },
        ),
    ]
