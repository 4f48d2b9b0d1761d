"""What earlier launches say of a plant's plans."""


import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('production', '0002_quarantine'),
    ]

    operations = [
        migrations.CreateModel(
            name='LaunchReference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_date', models.DateField()),
                ('mean', models.FloatField()),
                ('sd', models.FloatField()),
                ('launches', models.SmallIntegerField()),
                ('note_zh', models.TextField()),
                ('note_en', models.TextField()),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.resource')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('resource', 'from_date'), name='reference_once'), models.CheckConstraint(condition=models.Q(('launches__gte', 1), ('mean__gt', -1), ('sd__gt', 0)), name='reference_in_range'), models.CheckConstraint(condition=models.Q(('from_date__iso_week_day', 1)), name='reference_starts_monday')],
            },
        ),
    ]
