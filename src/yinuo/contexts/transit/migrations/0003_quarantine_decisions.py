"""Who released a report from quarantine or set it aside, and when."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_tables'),
        ('transit', '0002_event_condition'),
    ]

    operations = [
        migrations.AddField(
            model_name='carrierevent',
            name='decided_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='carrierevent',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember'),
        ),
    ]
