from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0027_watch_list'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='staffnotice',
            name='recovery_notice_news_known',
        ),
        migrations.AddField(
            model_name='adjustment',
            name='outcome',
            field=models.CharField(blank=True, choices=[('top_up', 'Top up'), ('recorded', 'Recorded'), ('explained', 'Explained')], max_length=24),
        ),
        migrations.AlterField(
            model_name='staffnotice',
            name='news',
            field=models.CharField(choices=[('info.received', 'Info.received'), ('update.promised_due', 'Update.promised due'), ('update.overdue', 'Update.overdue'), ('case.unassigned', 'Case.unassigned'), ('case.reopened', 'Case.reopened'), ('calc.changed', 'Calc.changed'), ('approval.waiting', 'Approval.waiting'), ('approval.voided', 'Approval.voided'), ('approval.self_refused', 'Approval.self refused'), ('adjustment.opened', 'Adjustment.opened'), ('amount.returned', 'Amount.returned'), ('payout.uncertain', 'Payout.uncertain'), ('payout.returned', 'Payout.returned'), ('import.finished', 'Import.finished'), ('import.refused', 'Import.refused'), ('import.rejected_rows', 'Import.rejected rows'), ('run.control_total_mismatch', 'Run.control total mismatch'), ('rulepack.activated', 'Rulepack.activated'), ('audit.verify_failed', 'Audit.verify failed'), ('outbox.stuck', 'Outbox.stuck')], max_length=32),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['', 'explained']), models.Q(('difference_amount__lt', 0), ('outcome', 'top_up')), models.Q(('difference_amount__gt', 0), ('outcome', 'recorded')), _connector='OR'), name='recovery_adjustment_outcome_fits'),
        ),
        migrations.AddConstraint(
            model_name='staffnotice',
            constraint=models.CheckConstraint(condition=models.Q(('news__in', ['info.received', 'update.promised_due', 'update.overdue', 'case.unassigned', 'case.reopened', 'calc.changed', 'approval.waiting', 'approval.voided', 'approval.self_refused', 'adjustment.opened', 'amount.returned', 'payout.uncertain', 'payout.returned', 'import.finished', 'import.refused', 'import.rejected_rows', 'run.control_total_mismatch', 'rulepack.activated', 'audit.verify_failed', 'outbox.stuck'])), name='recovery_notice_news_known'),
        ),
    ]
