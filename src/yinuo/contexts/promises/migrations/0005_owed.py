"""What late days are worth: the maker's tables, the credits of each order, and their end."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION promises_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION promises_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
"""
TABLES = ("promises_owedversion", "promises_credit", "promises_settlement")


def _id() -> tuple[str, "models.Field[object, object]"]:
    return (
        "id",
        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_rank_is_fixed"), ("promises", "0004_life_cycle")]

    operations = [
        migrations.AddIndex(
            "Outcome",
            models.Index(
                fields=["order"],
                name="outcome_late",
                condition=models.Q(late_days_first__gt=0),
            ),
        ),
        migrations.AddIndex(
            "Promise",
            models.Index(
                fields=["first_latest_date"],
                name="promise_first_due",
                condition=~models.Q(state="CLOSED"),
            ),
        ),
        migrations.CreateModel(
            name="OwedVersion",
            fields=[
                _id(),
                ("version", models.TextField(unique=True)),
                ("effective_from_date", models.DateField(unique=True)),
                ("unit", models.TextField()),
                ("start_after_days", models.IntegerField()),
                ("per_day", models.IntegerField()),
                ("cap", models.IntegerField()),
                ("rates", models.JSONField()),
                ("also_ours", models.JSONField()),
                ("stored_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Credit",
            fields=[
                _id(),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.order",
                    ),
                ),
                ("step", models.IntegerField()),
                ("late_date", models.DateField()),
                ("cause", models.TextField()),
                ("ours", models.BooleanField()),
                ("amount", models.IntegerField()),
                (
                    "owed_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="promises.owedversion",
                    ),
                ),
                ("given_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("order", "step"), name="credit_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0), ("step__gte", 1)),
                        name="credit_amount",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="orders.order",
                    ),
                ),
                ("late_days", models.IntegerField()),
                ("total", models.IntegerField()),
                ("settled_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL("".join(GUARD.format(table=table) for table in TABLES)),
    ]
