"""Previews before a load, what a file cannot say, rejected records mended."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0022_erasure'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MendedRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_number', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='sourcefile',
            name='recovery_source_file_state_known',
        ),
        migrations.AddField(
            model_name='sourcefile',
            name='asset',
            field=models.CharField(blank=True, db_comment='Of its amounts, where the file cannot say.', db_default='', default='', max_length=24),
        ),
        migrations.AddField(
            model_name='sourcefile',
            name='day_order',
            field=models.CharField(blank=True, choices=[('day', 'Day'), ('month', 'Month')], db_default='', default='', max_length=24),
        ),
        migrations.AddField(
            model_name='sourcefile',
            name='left_out',
            field=models.JSONField(blank=True, db_comment='How many records were ignored for each reason.', db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name='sourcefile',
            name='mends',
            field=models.ForeignKey(blank=True, db_comment='The file whose rejected records this one brings again.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mended_by', to='recovery.sourcefile'),
        ),
        migrations.AddField(
            model_name='sourcefile',
            name='preview',
            field=models.JSONField(blank=True, db_comment='What a trial found before it was loaded.', null=True),
        ),
        migrations.AlterField(
            model_name='sourcefile',
            name='state',
            field=models.CharField(choices=[('previewed', 'Previewed'), ('stored', 'Stored'), ('loading', 'Loading'), ('loaded', 'Loaded'), ('refused', 'Refused'), ('undone', 'Undone')], default='stored', max_length=24),
        ),
        migrations.AddConstraint(
            model_name='sourcefile',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['previewed', 'stored', 'loading', 'loaded', 'refused', 'undone'])), name='recovery_source_file_state_known'),
        ),
        migrations.AddConstraint(
            model_name='sourcefile',
            constraint=models.CheckConstraint(condition=models.Q(('day_order__in', ['', 'day', 'month'])), name='recovery_source_file_day_order_known'),
        ),
        migrations.AddField(
            model_name='mendedrecord',
            name='rejected',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='mended', to='recovery.rejectedrecord'),
        ),
        migrations.AddField(
            model_name='mendedrecord',
            name='source_file',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mended_records', to='recovery.sourcefile'),
        ),
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE
                  ON recovery_mendedrecord FOR EACH ROW
                  EXECUTE FUNCTION desk_refuse_change();
                CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
                  ON recovery_mendedrecord FOR EACH STATEMENT
                  EXECUTE FUNCTION desk_refuse_change();
            """,
            reverse_sql="""
                DROP TRIGGER desk_append_only ON recovery_mendedrecord;
                DROP TRIGGER desk_no_truncate ON recovery_mendedrecord;
            """,
        ),
    ]
