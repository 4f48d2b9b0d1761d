"""Snapshots of what dates follow from, and what a plan's change of dates is made of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("planning", "0001_tables")]

    operations = [
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.TextField(unique=True)),
                ("content", models.BinaryField()),
                ("taken_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Explanation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("plan_ref", models.TextField(unique=True)),
                ("summary", models.JSONField()),
                ("content", models.BinaryField()),
                ("made_at", models.DateTimeField()),
            ],
        ),
    ]
