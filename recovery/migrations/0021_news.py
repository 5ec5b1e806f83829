from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0020_destination_choices'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='staffnotice',
            name='recovery_notice_news_known',
        ),
        migrations.AddField(
            model_name='recoverycase',
            name='clock_began_at',
            field=models.DateTimeField(blank=True, db_comment='Since when it runs, pauses taken out; null: since it was opened.', null=True),
        ),
        migrations.AlterField(
            model_name='staffnotice',
            name='news',
            field=models.CharField(choices=[('info.received', 'Info.received'), ('update.promised_due', 'Update.promised due'), ('sla.warning_50', 'Sla.warning 50'), ('sla.warning_75', 'Sla.warning 75'), ('sla.breached', 'Sla.breached'), ('update.overdue', 'Update.overdue'), ('case.unassigned', 'Case.unassigned'), ('case.closed', 'Case.closed'), ('case.reopened', 'Case.reopened'), ('calc.changed', 'Calc.changed'), ('destination.proposed', 'Destination.proposed'), ('withdrawal.requested', 'Withdrawal.requested'), ('approval.waiting', 'Approval.waiting'), ('approval.voided', 'Approval.voided'), ('approval.self_refused', 'Approval.self refused'), ('amount.approved', 'Amount.approved'), ('payment.approved', 'Payment.approved'), ('credit.posted', 'Credit.posted'), ('payout.confirmed', 'Payout.confirmed'), ('deficit.decided', 'Deficit.decided'), ('deficit.missed', 'Deficit.missed'), ('deficit.ended', 'Deficit.ended'), ('amount.returned', 'Amount.returned'), ('payout.uncertain', 'Payout.uncertain'), ('payout.returned', 'Payout.returned'), ('import.finished', 'Import.finished'), ('import.refused', 'Import.refused'), ('import.rejected_rows', 'Import.rejected rows'), ('run.control_total_mismatch', 'Run.control total mismatch'), ('rulepack.activated', 'Rulepack.activated'), ('audit.verify_failed', 'Audit.verify failed'), ('outbox.stuck', 'Outbox.stuck'), ('job.stopped', 'Job.stopped'), ('work.late', 'Work.late'), ('message.stray', 'Message.stray')], max_length=32),
        ),
        migrations.AddConstraint(
            model_name='staffnotice',
            constraint=models.CheckConstraint(condition=models.Q(('news__in', ['info.received', 'update.promised_due', 'sla.warning_50', 'sla.warning_75', 'sla.breached', 'update.overdue', 'case.unassigned', 'case.closed', 'case.reopened', 'calc.changed', 'destination.proposed', 'withdrawal.requested', 'approval.waiting', 'approval.voided', 'approval.self_refused', 'amount.approved', 'payment.approved', 'credit.posted', 'payout.confirmed', 'deficit.decided', 'deficit.missed', 'deficit.ended', 'amount.returned', 'payout.uncertain', 'payout.returned', 'import.finished', 'import.refused', 'import.rejected_rows', 'run.control_total_mismatch', 'rulepack.activated', 'audit.verify_failed', 'outbox.stuck', 'job.stopped', 'work.late', 'message.stray'])), name='recovery_notice_news_known'),
        ),
    ]
