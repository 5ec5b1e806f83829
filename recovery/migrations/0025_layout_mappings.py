"""Layouts made by staff."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0024_mappings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LayoutMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=24)),
                ('reason', models.TextField()),
                ('source', models.CharField(db_comment='Where it was read.', max_length=200)),
                ('content_digest', models.CharField(max_length=64)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision_reason', models.TextField(blank=True)),
                ('venue', models.CharField(max_length=32)),
                ('code', models.CharField(max_length=40)),
                ('terms', models.JSONField()),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sample', models.ForeignKey(db_comment='Made while looking at.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recovery.sourcefile')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['proposed', 'approved', 'refused', 'withdrawn'])), name='recovery_layout_mapping_status_known'), models.UniqueConstraint(fields=('venue', 'code', 'version'), name='recovery_layout_mapping_version_once'), models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('venue', 'code'), name='recovery_layout_mapping_one_waits'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['approved', 'refused']), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='recovery_layout_mapping_four_eyes')],
            },
        ),
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER desk_guard_mapping BEFORE INSERT OR UPDATE OR DELETE
                  ON recovery_layoutmapping FOR EACH ROW
                  EXECUTE FUNCTION desk_guard_mapping();
            """,
            reverse_sql="DROP TRIGGER desk_guard_mapping ON recovery_layoutmapping;",
        ),
    ]
