"""Quantities that wait for a look, and who decided about a report that waited."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_tables'),
        ('production', '0001_tables'),
    ]

    operations = [
        migrations.AddField(
            model_name='buildevent',
            name='decided_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='buildevent',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember'),
        ),
        migrations.CreateModel(
            name='HeldSupply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week_date', models.DateField()),
                ('quantity', models.IntegerField()),
                ('sender', models.TextField()),
                ('external_id', models.TextField()),
                ('digest', models.TextField()),
                ('received_at', models.DateTimeField()),
                ('problem', models.JSONField()),
                ('state', models.TextField(choices=[('QUARANTINED', 'Quarantined'), ('RELEASED', 'Released'), ('SET_ASIDE', 'Set Aside')], default='QUARANTINED')),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='held_supply', to='production.resource')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'QUARANTINED')), fields=['received_at'], name='held_supply_open')],
                'constraints': [models.UniqueConstraint(fields=('sender', 'external_id'), name='held_supply_once')],
            },
        ),
    ]
