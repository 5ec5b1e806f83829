from pathlib import Path

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_destinations'),
        ('recovery', '0015_goodwill'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='house_fee_amount',
            field=models.DecimalField(decimal_places=18, default=0, max_digits=38),
        ),
        migrations.AlterField(
            model_name='payment',
            name='fee_amount',
            field=models.DecimalField(db_comment="The customer's part of the network's fee.", decimal_places=18, default=0, max_digits=38),
        ),
        migrations.CreateModel(
            name='Conversion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_asset', models.CharField(max_length=24)),
                ('from_amount', models.DecimalField(decimal_places=18, max_digits=38)),
                ('to_asset', models.CharField(max_length=24)),
                ('to_amount', models.DecimalField(db_comment='Rounded down to the step.', decimal_places=18, max_digits=38)),
                ('rate', models.DecimalField(decimal_places=18, max_digits=38)),
                ('step', models.DecimalField(decimal_places=18, max_digits=38)),
                ('source', models.CharField(max_length=120)),
                ('quoted_at', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conversions', to='recovery.decision')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='payment',
            name='conversion',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='recovery.conversion'),
        ),
        migrations.CreateModel(
            name='NetworkFeeRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField(db_comment='Half open: [from, to).')),
                ('version', models.PositiveIntegerField(default=1)),
                ('terms_reference', models.CharField(max_length=200)),
                ('is_confirmed', models.BooleanField(db_comment='False: confirm with the venue.', default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('asset', models.CharField(max_length=24)),
                ('network', models.CharField(max_length=24)),
                ('bearer', models.CharField(choices=[('customer', 'Customer'), ('house', 'House'), ('split', 'Split')], max_length=24)),
                ('fee_amount', models.DecimalField(db_comment='In the asset; as sealed into payments.', decimal_places=18, max_digits=38)),
                ('house_cap_amount', models.DecimalField(blank=True, db_comment='Of a split: the most that the house bears.', decimal_places=18, max_digits=38, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='payment',
            name='network_fee_rule',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recovery.networkfeerule'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('house_fee_amount__gte', 0), ('house_fee_amount__lt', 100000000000000000000)), name='recovery_payment_house_fee_number'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('fee_amount__lt', models.F('amount'))), name='recovery_payment_something_is_sent'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'withdrawal'), models.Q(('conversion__isnull', True), ('fee_amount', 0), ('house_fee_amount', 0), ('network_fee_rule__isnull', True)), _connector='OR'), name='recovery_payment_terms_of_withdrawal'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['cancelled', 'replaced']), _negated=True), fields=('conversion',), name='recovery_payment_conversion_serves_one'),
        ),
        migrations.AddConstraint(
            model_name='conversion',
            constraint=models.CheckConstraint(condition=models.Q(('from_amount__gt', 0), ('from_amount__lt', 100000000000000000000)), name='recovery_conversion_from_positive'),
        ),
        migrations.AddConstraint(
            model_name='conversion',
            constraint=models.CheckConstraint(condition=models.Q(('to_amount__gt', 0), ('to_amount__lt', 100000000000000000000)), name='recovery_conversion_to_positive'),
        ),
        migrations.AddConstraint(
            model_name='conversion',
            constraint=models.CheckConstraint(condition=models.Q(('rate__gt', 0), ('rate__lt', 100000000000000000000)), name='recovery_conversion_rate_positive'),
        ),
        migrations.AddConstraint(
            model_name='conversion',
            constraint=models.CheckConstraint(condition=models.Q(('step__gt', 0), ('step__lt', 100000000000000000000)), name='recovery_conversion_step_positive'),
        ),
        migrations.AddConstraint(
            model_name='conversion',
            constraint=models.CheckConstraint(condition=models.Q(('from_asset', models.F('to_asset')), _negated=True), name='recovery_conversion_two_assets'),
        ),
        migrations.AddConstraint(
            model_name='conversion',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__gt', models.F('quoted_at')), ('recorded_at__gte', models.F('quoted_at')), models.Q(('source', ''), _negated=True)), name='recovery_conversion_quoted'),
        ),
        migrations.AddConstraint(
            model_name='networkfeerule',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('asset', '='), ('network', '='), ('period', '&&')], name='recovery_network_fee_no_overlap'),
        ),
        migrations.AddConstraint(
            model_name='networkfeerule',
            constraint=models.CheckConstraint(condition=models.Q(('bearer__in', ['customer', 'house', 'split'])), name='recovery_network_fee_bearer_known'),
        ),
        migrations.AddConstraint(
            model_name='networkfeerule',
            constraint=models.CheckConstraint(condition=models.Q(('fee_amount__gte', 0), ('fee_amount__lt', 100000000000000000000)), name='recovery_network_fee_number'),
        ),
        migrations.AddConstraint(
            model_name='networkfeerule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('bearer', 'split'), ('house_cap_amount__gte', 0)), models.Q(models.Q(('bearer', 'split'), _negated=True), ('house_cap_amount__isnull', True)), _connector='OR'), name='recovery_network_fee_cap_of_split'),
        ),
        migrations.AddField(
            model_name='payment',
            name='sent_amount',
            field=models.GeneratedField(db_comment="What leaves, in the asset; the rest is the customer's fee.", db_persist=True, expression=django.db.models.expressions.CombinedExpression(models.F('amount'), '-', models.F('fee_amount')), output_field=models.DecimalField(decimal_places=18, max_digits=38)),
        ),
        migrations.RunSQL(
            (SQL / "0016_payout_terms.sql").read_text(), migrations.RunSQL.noop
        ),
    ]
