"""Dates between which a clause stands in contracts; how large its words stand on the page."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_legal_staff'),
        ('terms', '0005_side_offers_and_overturned'),
    ]

    operations = [
        migrations.AddField(
            model_name='clauseversion',
            name='effective_from',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='clauseversion',
            name='effective_until',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='clauseversion',
            name='written_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember'),
        ),
        migrations.AddField(
            model_name='templateclause',
            name='prompt_px',
            field=models.SmallIntegerField(db_default=20, default=20),
        ),
        migrations.AddConstraint(
            model_name='clauseversion',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from__isnull', True), ('effective_until__isnull', True), ('effective_until__gt', models.F('effective_from')), _connector='OR'), name='clause_version_ends_later'),
        ),
        migrations.AddConstraint(
            model_name='templateclause',
            constraint=models.CheckConstraint(condition=models.Q(('prompt_px__range', (8, 96))), name='template_clause_size'),
        ),
    ]
