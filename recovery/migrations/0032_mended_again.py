import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0031_erase_contacts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='mendedrecord',
            name='rejected',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mendings', to='recovery.rejectedrecord'),
        ),
        migrations.AddConstraint(
            model_name='mendedrecord',
            constraint=models.UniqueConstraint(fields=('rejected', 'source_file'), name='recovery_mended_once_a_file'),
        ),
        migrations.AddField(
            model_name='job',
            name='progress_from',
            field=models.BigIntegerField(db_comment='What earlier attempts had done when this one began.', db_default=0, default=0),
        ),
    ]
