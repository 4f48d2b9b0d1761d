"""Since when the three ways on after a refusal are late, and its customer was told so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("handover", "0005_decisions_and_clearing")]

    operations = [
        migrations.AddField("Inspection", "ways_late_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "Inspection",
            models.Index(
                fields=["order"], name="inspection_refused", condition=models.Q(state="REFUSED")
            ),
        ),
    ]
