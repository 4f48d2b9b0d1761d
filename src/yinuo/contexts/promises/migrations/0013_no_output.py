"""An order may be without a date because its line has nothing to go by."""

from django.db import migrations, models

WHY = ["NOT_PLANNED", "NO_LANE", "NO_SUPPLY", "NO_OUTPUT", "BEYOND"]


class Migration(migrations.Migration):
    dependencies = [("promises", "0012_choices_made")]

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
