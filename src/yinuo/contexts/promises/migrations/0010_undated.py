"""Open orders for which no date can be given, and why."""

from django.db import migrations, models
from django.db.models import deletion

WHY = ["NOT_PLANNED", "NO_LANE", "NO_SUPPLY", "BEYOND"]


class Migration(migrations.Migration):
    dependencies = [("promises", "0009_guard"), ("orders", "0001_tables")]

    operations = [
        migrations.CreateModel(
            name="Undated",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="orders.order",
                    ),
                ),
                (
                    "why",
                    models.TextField(
                        choices=[
                            ("NOT_PLANNED", "Not Planned"),
                            ("NO_LANE", "No Lane"),
                            ("NO_SUPPLY", "No Supply"),
                            ("BEYOND", "Beyond"),
                        ]
                    ),
                ),
                ("after_date", models.DateField(null=True)),
                ("tried_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("why__in", WHY)), name="undated_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("after_date__isnull", False), ("why", "BEYOND")),
                            models.Q(
                                models.Q(("why", "BEYOND"), _negated=True),
                                ("after_date__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="undated_after_is_beyond",
                    ),
                ],
            },
        ),
    ]
