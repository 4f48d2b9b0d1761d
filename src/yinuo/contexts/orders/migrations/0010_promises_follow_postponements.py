"""A promised date follows what its customer asked for; the order goes on in time for the day."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0009_handed_over_elsewhere'),
    ]

    operations = [
        migrations.AddField(
            model_name='postponement',
            name='release_date',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='postponement',
            name='applied_at',
            field=models.DateTimeField(null=True),
        ),
        # What has ended needs no date any more; what stands is followed by the next sweep.
        migrations.RunSQL(
            "UPDATE orders_postponement SET applied_at = ended_at WHERE ended_at IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name='postponement',
            index=models.Index(condition=models.Q(('applied_at', None)), fields=['asked_at'], name='postponement_to_apply'),
        ),
    ]
