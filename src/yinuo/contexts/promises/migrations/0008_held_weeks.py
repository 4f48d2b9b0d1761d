"""Week by week: how many ranges of each horizon ended, and inside how many the car came."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("promises", "0007_kept_figures")]

    operations = [
        migrations.CreateModel(
            name="HeldWeek",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("week_date", models.DateField()),
                ("horizon", models.TextField()),
                ("due_count", models.IntegerField()),
                ("inside_count", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("week_date", "horizon"), name="held_week_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("inside_count__gte", 0), ("inside_count__lte", models.F("due_count"))
                        ),
                        name="held_week_counts",
                    ),
                ],
            },
        ),
    ]
