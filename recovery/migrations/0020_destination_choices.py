"""Customers propose destinations and choose among them."""

from pathlib import Path

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

_SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_destinations'),
        ('recovery', '0019_role_limits'),
    ]

    operations = [
        migrations.CreateModel(
            name='DestinationChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chosen_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='ratecount',
            name='recovery_rate_act_known',
        ),
        migrations.RemoveConstraint(
            model_name='staffnotice',
            name='recovery_notice_news_known',
        ),
        migrations.AlterField(
            model_name='ratecount',
            name='act',
            field=models.CharField(choices=[('claim_filing', 'Claim filing'), ('code_request', 'Code request'), ('code_entry', 'Code entry'), ('destination_proposal', 'Destination proposal'), ('policy_report', 'Policy report')], max_length=24),
        ),
        migrations.AlterField(
            model_name='staffnotice',
            name='news',
            field=models.CharField(choices=[('info.received', 'Info.received'), ('update.promised_due', 'Update.promised due'), ('update.overdue', 'Update.overdue'), ('case.unassigned', 'Case.unassigned'), ('case.reopened', 'Case.reopened'), ('calc.changed', 'Calc.changed'), ('destination.proposed', 'Destination.proposed'), ('withdrawal.requested', 'Withdrawal.requested'), ('approval.waiting', 'Approval.waiting'), ('approval.voided', 'Approval.voided'), ('approval.self_refused', 'Approval.self refused'), ('amount.returned', 'Amount.returned'), ('payout.uncertain', 'Payout.uncertain'), ('payout.returned', 'Payout.returned'), ('import.finished', 'Import.finished'), ('import.refused', 'Import.refused'), ('import.rejected_rows', 'Import.rejected rows'), ('run.control_total_mismatch', 'Run.control total mismatch'), ('rulepack.activated', 'Rulepack.activated'), ('audit.verify_failed', 'Audit.verify failed'), ('outbox.stuck', 'Outbox.stuck'), ('job.stopped', 'Job.stopped'), ('work.late', 'Work.late'), ('message.stray', 'Message.stray')], max_length=32),
        ),
        migrations.AddConstraint(
            model_name='ratecount',
            constraint=models.CheckConstraint(condition=models.Q(('act__in', ['claim_filing', 'code_request', 'code_entry', 'destination_proposal', 'policy_report'])), name='recovery_rate_act_known'),
        ),
        migrations.AddConstraint(
            model_name='staffnotice',
            constraint=models.CheckConstraint(condition=models.Q(('news__in', ['info.received', 'update.promised_due', 'update.overdue', 'case.unassigned', 'case.reopened', 'calc.changed', 'destination.proposed', 'withdrawal.requested', 'approval.waiting', 'approval.voided', 'approval.self_refused', 'amount.returned', 'payout.uncertain', 'payout.returned', 'import.finished', 'import.refused', 'import.rejected_rows', 'run.control_total_mismatch', 'rulepack.activated', 'audit.verify_failed', 'outbox.stuck', 'job.stopped', 'work.late', 'message.stray'])), name='recovery_notice_news_known'),
        ),
        migrations.AddField(
            model_name='destinationchoice',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='destination_choices', to='recovery.recoverycase'),
        ),
        migrations.AddField(
            model_name='destinationchoice',
            name='claim',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recovery.claim'),
        ),
        migrations.AddField(
            model_name='destinationchoice',
            name='destination',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.destination'),
        ),
        migrations.RunSQL(
            sql=(_SQL / "0020_destination_choices.sql").read_text(encoding="utf-8"),
            reverse_sql=(_SQL / "0020_destination_choices_reverse.sql").read_text(encoding="utf-8"),
        ),
    ]
