"""Who was passed, kept as it was worked out from the leaves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_the_log")]

    operations = [
        migrations.CreateModel(
            name="QueueFigures",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("said", models.JSONField()),
                ("made_at", models.DateTimeField()),
            ],
        ),
    ]
