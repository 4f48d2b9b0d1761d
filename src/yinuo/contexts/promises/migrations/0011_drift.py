"""Alarms: latest dates of a plant or a centre come true too late for too long to be chance."""

import django.db.models.deletion
from django.db import migrations, models


def _key(to: str) -> "models.ForeignKey[object, object]":
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=to
    )


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_tables"),
        ("places", "0001_tables"),
        ("promises", "0010_undated"),
    ]

    operations = [
        migrations.CreateModel(
            name="DriftAlarm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.TextField(unique=True)),
                ("kind", models.TextField()),
                ("code", models.TextField()),
                ("name_zh", models.TextField()),
                ("name_en", models.TextField()),
                ("week_date", models.DateField()),
                ("weeks", models.IntegerField()),
                ("evidence", models.FloatField()),
                ("limit", models.FloatField()),
                ("due_count", models.IntegerField()),
                ("late_count", models.IntegerField()),
                ("recent_weeks", models.SmallIntegerField()),
                ("factor_percent", models.SmallIntegerField()),
                ("raised_at", models.DateTimeField()),
                ("decision", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("decided_by", _key("people.staffmember")),
                ("period", _key("promises.unusualperiod")),
                ("place", _key("places.place")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("kind", "code"),
                        name="one_open_alarm",
                    ),
                ],
            },
        ),
    ]
