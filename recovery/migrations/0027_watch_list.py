"""The watch list, and the news that something on it was seen."""


import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0026_positions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WatchEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('account', 'Account'), ('address', 'Address'), ('instrument', 'Instrument')], max_length=24)),
                ('venue', models.CharField(blank=True, db_comment='Empty: any venue.', max_length=32)),
                ('value', models.CharField(max_length=128)),
                ('reason', models.TextField()),
                ('watched_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'watch list',
            },
        ),
        migrations.RemoveConstraint(
            model_name='staffnotice',
            name='recovery_notice_news_known',
        ),
        migrations.AlterField(
            model_name='staffnotice',
            name='news',
            field=models.CharField(choices=[('info.received', 'Info.received'), ('update.promised_due', 'Update.promised due'), ('sla.warning_50', 'Sla.warning 50'), ('sla.warning_75', 'Sla.warning 75'), ('sla.breached', 'Sla.breached'), ('update.overdue', 'Update.overdue'), ('case.unassigned', 'Case.unassigned'), ('case.closed', 'Case.closed'), ('case.reopened', 'Case.reopened'), ('calc.changed', 'Calc.changed'), ('destination.proposed', 'Destination.proposed'), ('withdrawal.requested', 'Withdrawal.requested'), ('approval.waiting', 'Approval.waiting'), ('approval.voided', 'Approval.voided'), ('approval.self_refused', 'Approval.self refused'), ('amount.approved', 'Amount.approved'), ('payment.approved', 'Payment.approved'), ('credit.posted', 'Credit.posted'), ('payout.confirmed', 'Payout.confirmed'), ('deficit.decided', 'Deficit.decided'), ('deficit.missed', 'Deficit.missed'), ('deficit.ended', 'Deficit.ended'), ('amount.returned', 'Amount.returned'), ('payout.uncertain', 'Payout.uncertain'), ('payout.returned', 'Payout.returned'), ('import.finished', 'Import.finished'), ('import.refused', 'Import.refused'), ('import.rejected_rows', 'Import.rejected rows'), ('run.control_total_mismatch', 'Run.control total mismatch'), ('rulepack.activated', 'Rulepack.activated'), ('watch.hit', 'Watch.hit'), ('audit.verify_failed', 'Audit.verify failed'), ('outbox.stuck', 'Outbox.stuck')], max_length=32),
        ),
        migrations.AddConstraint(
            model_name='staffnotice',
            constraint=models.CheckConstraint(condition=models.Q(('news__in', ['info.received', 'update.promised_due', 'sla.warning_50', 'sla.warning_75', 'sla.breached', 'update.overdue', 'case.unassigned', 'case.closed', 'case.reopened', 'calc.changed', 'destination.proposed', 'withdrawal.requested', 'approval.waiting', 'approval.voided', 'approval.self_refused', 'amount.approved', 'payment.approved', 'credit.posted', 'payout.confirmed', 'deficit.decided', 'deficit.missed', 'deficit.ended', 'amount.returned', 'payout.uncertain', 'payout.returned', 'import.finished', 'import.refused', 'import.rejected_rows', 'run.control_total_mismatch', 'rulepack.activated', 'watch.hit', 'audit.verify_failed', 'outbox.stuck'])), name='recovery_notice_news_known'),
        ),
        migrations.AddField(
            model_name='watchentry',
            name='ended_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='watchentry',
            name='watched_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='watchentry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['account', 'address', 'instrument'])), name='recovery_watch_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='watchentry',
            constraint=models.CheckConstraint(condition=models.Q(('until__gt', models.F('watched_at'))), name='recovery_watch_has_an_end'),
        ),
        migrations.AddConstraint(
            model_name='watchentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('value', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='recovery_watch_says_why'),
        ),
        migrations.AddConstraint(
            model_name='watchentry',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('kind', 'venue', 'value'), name='recovery_watch_once'),
        ),
    ]
