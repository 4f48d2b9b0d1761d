"""A car leaves the list by somebody's order and for a reason."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_tables'),
        ('vehicles', '0002_signed_for_this_car'),
    ]

    operations = [
        migrations.AddField(
            model_name='stockcar',
            name='withdrawn_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember'),
        ),
        migrations.AddField(
            model_name='stockcar',
            name='withdrawn_why',
            field=models.TextField(blank=True, db_default=''),
        ),
        # Of what was withdrawn before nothing was written down.
        migrations.RunSQL(
            "UPDATE vehicles_stockcar SET withdrawn_why = '-' WHERE state = 'WITHDRAWN'",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='stockcar',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'WITHDRAWN'), _negated=True), models.Q(('withdrawn_why', ''), _negated=True), _connector='OR'), name='stock_car_withdrawn_for_a_reason'),
        ),
    ]
