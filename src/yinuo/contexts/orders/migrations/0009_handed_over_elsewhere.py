"""A car that was taken instead may stand at another centre than that of its order's line."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0008_rights'),
        ('places', '0001_tables'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='handover_place',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('handover_place__isnull', False)), fields=['handover_place'], name='order_handed_over_elsewhere'),
        ),
    ]
