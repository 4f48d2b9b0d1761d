"""What shows a report that staff wrote down from a telephone call."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transit", "0003_quarantine_decisions")]

    operations = [
        migrations.AddField(
            "carrierevent", "evidence", models.TextField(blank=True, default=""), False
        ),
    ]
