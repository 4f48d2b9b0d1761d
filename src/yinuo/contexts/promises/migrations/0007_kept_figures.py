"""How promises were kept, day by day, for everybody to read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("promises", "0006_unusual_periods")]

    operations = [
        migrations.CreateModel(
            name="KeptFigures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("date", models.DateField(unique=True)),
                ("made_at", models.DateTimeField()),
                ("figures", models.JSONField()),
            ],
        ),
    ]
