"""An order may be without a date because its place is still to be drawn."""

from django.db import migrations, models

WHY = ["NOT_PLANNED", "NO_LANE", "NO_SUPPLY", "NO_OUTPUT", "NOT_ASKED", "NOT_DRAWN", "BEYOND"]


class Migration(migrations.Migration):
    dependencies = [("promises", "0014_slot_not_asked")]

    operations = [
        migrations.AlterField(
            model_name="undated",
            name="why",
            field=models.TextField(
                choices=[
                    ("NOT_PLANNED", "Not Planned"),
                    ("NO_LANE", "No Lane"),
                    ("NO_SUPPLY", "No Supply"),
                    ("NO_OUTPUT", "No Output"),
                    ("NOT_ASKED", "Not Asked"),
                    ("NOT_DRAWN", "Not Drawn"),
                    ("BEYOND", "Beyond"),
                ]
            ),
        ),
        migrations.RemoveConstraint(model_name="undated", name="undated_why"),
        migrations.AddConstraint(
            model_name="undated",
            constraint=models.CheckConstraint(
                condition=models.Q(("why__in", WHY)), name="undated_why"
            ),
        ),
    ]
