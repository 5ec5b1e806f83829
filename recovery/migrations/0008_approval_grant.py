from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_sign_in'),
        ('recovery', '0007_jobs_queues'),
    ]

    operations = [
        migrations.AddField(
            model_name='approval',
            name='role_grant',
            field=models.ForeignKey(blank=True, db_comment='The grant that let the approver approve; by the database.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.rolegrant'),
        ),
        migrations.AddField(
            model_name='approval',
            name='grant_age',
            field=models.DurationField(blank=True, db_comment='How old that grant was.', null=True),
        ),
        migrations.RemoveConstraint(
            model_name='ratecount',
            name='recovery_rate_act_known',
        ),
        migrations.AlterField(
            model_name='ratecount',
            name='act',
            field=models.CharField(choices=[('claim_filing', 'Claim filing'), ('code_request', 'Code request'), ('code_entry', 'Code entry'), ('policy_report', 'Policy report')], max_length=24),
        ),
        migrations.AddConstraint(
            model_name='ratecount',
            constraint=models.CheckConstraint(condition=models.Q(('act__in', ['claim_filing', 'code_request', 'code_entry', 'policy_report'])), name='recovery_rate_act_known'),
        ),
        migrations.RunSQL(
            sql=(_SQL / "0008_approval_grant.sql").read_text(encoding="utf-8"),
            reverse_sql=(_SQL / "0008_approval_grant_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
