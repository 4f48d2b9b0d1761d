"""Where the figures of a launch reference come from, and who stated them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0001_tables"), ("production", "0003_launch_reference")]

    operations = [
        migrations.AddField(
            "LaunchReference", "source", models.TextField(blank=True, default="")
        ),
        migrations.AddField(
            "LaunchReference", "second_source", models.TextField(blank=True, default="")
        ),
        migrations.AddField("LaunchReference", "stated_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "LaunchReference",
            "stated_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.staffmember",
            ),
        ),
    ]
