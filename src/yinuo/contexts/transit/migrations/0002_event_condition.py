"""What a carrier says of the condition of the cars."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transit", "0001_tables")]

    operations = [
        migrations.AddField(
            model_name="carrierevent",
            name="condition",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]
