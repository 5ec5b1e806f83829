"""Every audit entry bound to those before it; written through one function only."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0002_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('beat_at', models.DateTimeField(db_comment="The database's clock.")),
            ],
        ),
        migrations.AddField(
            model_name='auditentry',
            name='database_user',
            field=models.CharField(blank=True, db_comment='Who was signed in to the database.', max_length=63),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='role',
            field=models.CharField(blank=True, db_comment='Held when acting.', max_length=24),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='at',
            field=models.DateTimeField(db_comment="The database's clock."),
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(db_comment='SHA-256 of canonical text.', max_length=64)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='seal', to='recovery.auditentry')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AuditValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('salt', models.CharField(max_length=64)),
                ('value', models.TextField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='values', to='recovery.auditentry')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entry', 'name'), name='recovery_auditvalue_once')],
            },
        ),
        migrations.RunSQL(
            sql=(SQL / "0003_audit_chain.sql").read_text(),
            reverse_sql=(SQL / "0003_audit_chain_reverse.sql").read_text(),
        ),
    ]
