"""What is public of the dates before any order, and when it was last held against the tables."""

import django.db.models.deletion
from django.db import migrations, models


def _key(to: str, *, index: bool = True) -> "models.ForeignKey[object, object]":
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=to, db_index=index
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0001_tables"),
        ("ledger", "0001_tables"),
        ("places", "0001_tables"),
        ("promises", "0016_outcomes_can_be_forgotten"),
    ]

    operations = [
        migrations.AddField(
            model_name="quotebase", name="stated_at", field=models.DateTimeField(null=True)
        ),
        migrations.CreateModel(
            name="Eta",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_date", models.DateField(null=True)),
                ("until_date", models.DateField(null=True)),
                ("latest_date", models.DateField(null=True)),
                ("why", models.TextField()),
                ("beyond", models.TextField()),
                ("stated_at", models.DateTimeField()),
                ("spec", _key("catalogue.spec")),
                ("centre", _key("places.place")),
                ("entry", _key("ledger.entry", index=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["spec", "centre"], name="eta_once"),
                    models.CheckConstraint(
                        name="eta_dates_or_why",
                        condition=models.Q(
                            why="",
                            from_date__isnull=False,
                            until_date__isnull=False,
                            latest_date__isnull=False,
                        )
                        | (
                            ~models.Q(why="")
                            & models.Q(
                                from_date__isnull=True,
                                until_date__isnull=True,
                                latest_date__isnull=True,
                            )
                        ),
                    ),
                ]
            },
        ),
    ]
