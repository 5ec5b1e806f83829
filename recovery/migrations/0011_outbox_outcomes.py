"""Mails that are refused wait before the next try; a person may drop one."""

from django.db import migrations, models
from django.db.models.functions import Now

STATES = ['due', 'sending', 'done', 'refused', 'unknown', 'dropped']


class Migration(migrations.Migration):

    dependencies = [
        ('recovery', '0010_money'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxmessage',
            name='due_at',
            field=models.DateTimeField(db_comment='Not before; moves on after a refusal.', db_default=Now()),
        ),
        migrations.RemoveConstraint(
            model_name='outboxmessage',
            name='recovery_outbox_state_known',
        ),
        migrations.AlterField(
            model_name='outboxmessage',
            name='state',
            field=models.CharField(choices=[(state, state.capitalize()) for state in STATES], default='due', max_length=24),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', STATES)), name='recovery_outbox_state_known'),
        ),
    ]
