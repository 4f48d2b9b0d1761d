"""The first promise is kept whole, and how each promise ended is written once for ever."""

import datetime as dt

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE FUNCTION promises_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'outcomes are append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER promises_outcome_no_change BEFORE UPDATE OR DELETE ON promises_outcome
    FOR EACH ROW EXECUTE FUNCTION promises_refuse_change();
CREATE TRIGGER promises_outcome_no_truncate BEFORE TRUNCATE ON promises_outcome
    FOR EACH STATEMENT EXECUTE FUNCTION promises_refuse_change();
-- ALWAYS: also for a session that asks to act as a replica.
ALTER TABLE promises_outcome ENABLE ALWAYS TRIGGER promises_outcome_no_change;
ALTER TABLE promises_outcome ENABLE ALWAYS TRIGGER promises_outcome_no_truncate;
"""
FIRST = """
UPDATE promises_promise SET first_from_date = from_date, first_until_date = until_date,
    first_odds_percent = odds_percent, first_made_at = worked_out_at;
"""
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def _added(name: str, field: "models.Field[object, object]") -> migrations.AddField:
    return migrations.AddField("Promise", name, field, preserve_default=False)


class Migration(migrations.Migration):
    dependencies = [("promises", "0001_tables")]

    operations = [
        _added("first_from_date", models.DateField(default=LONG_AGO.date())),
        _added("first_until_date", models.DateField(default=LONG_AGO.date())),
        _added("first_odds_percent", models.SmallIntegerField(default=95)),
        _added("first_made_at", models.DateTimeField(default=LONG_AGO)),
        migrations.RunSQL(FIRST),
        migrations.CreateModel(
            name="Outcome",
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
                (
                    "ended_how",
                    models.TextField(
                        choices=[("HANDED_OVER", "Handed Over"), ("CANCELLED", "Cancelled")]
                    ),
                ),
                ("ended_date", models.DateField()),
                ("first_from_date", models.DateField()),
                ("first_until_date", models.DateField()),
                ("first_latest_date", models.DateField()),
                ("first_odds_percent", models.SmallIntegerField()),
                ("first_made_at", models.DateTimeField()),
                ("last_from_date", models.DateField()),
                ("last_until_date", models.DateField()),
                ("last_latest_date", models.DateField()),
                ("last_odds_percent", models.SmallIntegerField()),
                ("last_made_at", models.DateTimeField()),
                ("moved_count", models.SmallIntegerField()),
                ("late_days_first", models.IntegerField()),
                ("late_days_last", models.IntegerField()),
                ("told_before", models.BooleanField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["ended_date"], name="outcome_by_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ended_how__in", ["HANDED_OVER", "CANCELLED"])),
                        name="outcome_ended_how",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("late_days_first__gte", 0), ("late_days_last__gte", 0)),
                        name="outcome_late_days",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD),
    ]
