"""Declared unusual periods, and which promise is wider because of one."""

import django.db.models.deletion
from django.db import migrations, models


def _key(to: str, *, null: bool = False, index: bool = True) -> "models.ForeignKey[object, object]":
    return models.ForeignKey(
        db_index=index,
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_tables"),
        ("places", "0001_tables"),
        ("promises", "0005_owed"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnusualPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.TextField(unique=True)),
                ("from_date", models.DateField()),
                ("until_date", models.DateField()),
                ("factor_percent", models.SmallIntegerField()),
                ("reason_zh", models.TextField()),
                ("reason_en", models.TextField()),
                ("evidence", models.TextField()),
                ("declared_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("declared_by", _key("people.staffmember")),
                ("ended_by", _key("people.staffmember", null=True)),
                ("place", _key("places.place", null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("from_date__lt", models.F("until_date"))),
                        name="unusual_period_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("factor_percent__range", (101, 300))),
                        name="unusual_factor",
                    ),
                ],
            },
        ),
        migrations.AddField(
            "Promise", "unusual", _key("promises.unusualperiod", null=True, index=False)
        ),
    ]
