"""Somebody answers for contracts and rulings."""

from django.db import migrations, models

ROLES = ("SPECIALIST", "MANAGER", "PLANNER", "QUALITY", "EXECUTIVE", "OPERATOR", "LEGAL")


class Migration(migrations.Migration):
    dependencies = [("people", "0001_tables")]

    operations = [
        migrations.AlterField(
            model_name="staffmember",
            name="role",
            field=models.TextField(choices=[(role, role.capitalize()) for role in ROLES]),
        ),
    ]
