"""Further files that hold an entry, and files that were undone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0005_staff_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Sighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_number', models.BigIntegerField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='sourcefile',
            name='recovery_source_file_state_known',
        ),
        migrations.AddField(
            model_name='sourcefile',
            name='turns',
            field=models.PositiveIntegerField(db_comment='How often it was undone or put back.', default=0),
        ),
        migrations.AlterField(
            model_name='sourcefile',
            name='state',
            field=models.CharField(choices=[('stored', 'Stored'), ('loading', 'Loading'), ('loaded', 'Loaded'), ('refused', 'Refused'), ('undone', 'Undone')], default='stored', max_length=24),
        ),
        migrations.AddConstraint(
            model_name='sourcefile',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['stored', 'loading', 'loaded', 'refused', 'undone'])), name='recovery_source_file_state_known'),
        ),
        migrations.AddField(
            model_name='sighting',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sightings', to='recovery.ledgerentry'),
        ),
        migrations.AddField(
            model_name='sighting',
            name='source_file',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recovery.sourcefile'),
        ),
        migrations.AddConstraint(
            model_name='sighting',
            constraint=models.UniqueConstraint(fields=('entry', 'source_file'), name='recovery_sighting_once'),
        ),
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE
                  ON recovery_sighting FOR EACH ROW
                  EXECUTE FUNCTION desk_refuse_change();
                CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
                  ON recovery_sighting FOR EACH STATEMENT
                  EXECUTE FUNCTION desk_refuse_change();
            """,
            reverse_sql="""
                DROP TRIGGER desk_append_only ON recovery_sighting;
                DROP TRIGGER desk_no_truncate ON recovery_sighting;
            """,
        ),
    ]
