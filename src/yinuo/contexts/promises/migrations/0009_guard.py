"""Week by week: what the slow guard made of the latest dates that came due."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("promises", "0008_held_weeks")]

    operations = [
        migrations.CreateModel(
            name="GuardWeek",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cell", models.TextField()),
                ("horizon", models.TextField()),
                ("week_date", models.DateField()),
                ("known", models.IntegerField()),
                ("missed", models.IntegerField()),
                ("level", models.FloatField()),
                ("percent", models.SmallIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("cell", "horizon", "week_date"), name="guard_week_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__range", (100, 400))), name="guard_percent"
                    ),
                ],
            },
        ),
    ]
