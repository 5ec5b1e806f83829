from pathlib import Path

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_destinations'),
        ('recovery', '0014_stray_messages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='GoodwillBudget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField(db_comment='Half open: [from, to).')),
                ('version', models.PositiveIntegerField(default=1)),
                ('terms_reference', models.CharField(max_length=200)),
                ('is_confirmed', models.BooleanField(db_comment='False: confirm with the venue.', default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('currency', models.CharField(max_length=24)),
                ('month_amount', models.DecimalField(decimal_places=18, max_digits=38)),
                ('each_amount', models.DecimalField(db_comment='The most in one payment.', decimal_places=18, max_digits=38)),
                ('customer_amount', models.DecimalField(db_comment='The most to one customer in a month.', decimal_places=18, max_digits=38)),
                ('two_above', models.DecimalField(blank=True, db_comment='Above it two people approve.', decimal_places=18, max_digits=38, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='GoodwillReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True)),
                ('told', models.CharField(max_length=200)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='recovery_payment_kind_known',
        ),
        migrations.AddField(
            model_name='payment',
            name='goodwill_words',
            field=models.TextField(blank=True, db_comment="Why, in the proposer's words; staff read it."),
        ),
        migrations.AlterField(
            model_name='payment',
            name='kind',
            field=models.CharField(choices=[('credit', 'Credit'), ('withdrawal', 'Withdrawal'), ('goodwill', 'Goodwill')], max_length=24),
        ),
        migrations.AlterField(
            model_name='payoutbatch',
            name='kind',
            field=models.CharField(choices=[('credit', 'Credit'), ('withdrawal', 'Withdrawal'), ('goodwill', 'Goodwill')], max_length=24),
        ),
        migrations.AddField(
            model_name='goodwillbudget',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='payment',
            name='goodwill_budget',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='recovery.goodwillbudget'),
        ),
        migrations.AddField(
            model_name='payment',
            name='goodwill_reason',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recovery.goodwillreason'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('destination__isnull', True), ('goodwill_budget__isnull', False), ('goodwill_reason__isnull', False), ('kind', 'goodwill'), ('value_amount__isnull', False)), models.Q(models.Q(('kind', 'goodwill'), _negated=True), ('goodwill_budget__isnull', True), ('goodwill_reason__isnull', True)), _connector='OR'), name='recovery_payment_goodwill_whole'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['credit', 'withdrawal', 'goodwill'])), name='recovery_payment_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='goodwillbudget',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('period', '&&')], name='recovery_goodwill_budget_no_overlap'),
        ),
        migrations.AddConstraint(
            model_name='goodwillbudget',
            constraint=models.CheckConstraint(condition=models.Q(('month_amount__gte', 0), ('month_amount__lt', 100000000000000000000)), name='recovery_goodwill_month_number'),
        ),
        migrations.AddConstraint(
            model_name='goodwillbudget',
            constraint=models.CheckConstraint(condition=models.Q(('each_amount__gt', 0), ('each_amount__lt', 100000000000000000000)), name='recovery_goodwill_each_positive'),
        ),
        migrations.AddConstraint(
            model_name='goodwillbudget',
            constraint=models.CheckConstraint(condition=models.Q(('customer_amount__gt', 0), ('customer_amount__lt', 100000000000000000000)), name='recovery_goodwill_customer_positive'),
        ),
        migrations.AddConstraint(
            model_name='goodwillbudget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('two_above__gt', -100000000000000000000), ('two_above__lt', 100000000000000000000)), ('two_above__isnull', True), _connector='OR'), name='recovery_goodwill_two_number'),
        ),
        migrations.RunSQL(
            (SQL / "0015_goodwill.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
