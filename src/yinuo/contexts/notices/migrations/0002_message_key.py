"""A message to staff about one event is written once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_tables")]

    operations = [
        migrations.AddField(
            model_name="directmessage",
            name="key",
            field=models.TextField(null=True, unique=True),
        ),
    ]
