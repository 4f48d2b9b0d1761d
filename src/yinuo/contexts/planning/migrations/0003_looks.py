from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("planning", "0002_explanations")]

    operations = [
        migrations.CreateModel(
            name="Look",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.TextField(unique=True)),
                ("content", models.BinaryField()),
                ("made_at", models.DateTimeField()),
            ],
        ),
    ]
