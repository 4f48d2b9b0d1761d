"""Quotes before any money: what they are read from, and what was shown, kept for ever."""

import django.db.models.deletion
from django.db import migrations, models

# The function is the one that guards outcomes.
GUARD = """
CREATE OR REPLACE FUNCTION promises_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER promises_quote_no_change BEFORE UPDATE OR DELETE ON promises_quote
    FOR EACH ROW EXECUTE FUNCTION promises_refuse_change();
CREATE TRIGGER promises_quote_no_truncate BEFORE TRUNCATE ON promises_quote
    FOR EACH STATEMENT EXECUTE FUNCTION promises_refuse_change();
ALTER TABLE promises_quote ENABLE ALWAYS TRIGGER promises_quote_no_change;
ALTER TABLE promises_quote ENABLE ALWAYS TRIGGER promises_quote_no_truncate;
"""


def _id() -> tuple[str, "models.Field[object, object]"]:
    return (
        "id",
        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
    )


def _to(table: str) -> "models.Field[object, object]":
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=table
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0001_tables"),
        ("places", "0001_tables"),
        ("promises", "0002_outcomes"),
    ]

    operations = [
        migrations.CreateModel(
            name="QuoteBase",
            fields=[
                _id(),
                ("cause_ref", models.TextField()),
                ("worked_out_at", models.DateTimeField()),
                ("tables", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                _id(),
                ("public_id", models.TextField(unique=True)),
                ("made_at", models.DateTimeField()),
                ("valid_until_at", models.DateTimeField()),
                ("spec", _to("catalogue.spec")),
                ("centre", _to("places.place")),
                ("from_date", models.DateField(null=True)),
                ("until_date", models.DateField(null=True)),
                ("latest_date", models.DateField(null=True)),
                ("ahead_count", models.IntegerField()),
                ("shown", models.JSONField()),
            ],
        ),
        migrations.RunSQL(GUARD),
    ]
