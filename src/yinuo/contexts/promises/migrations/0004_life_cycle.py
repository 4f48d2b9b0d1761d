"""The stage of each promise, and what the routine looks remember of it."""

import django.db.models.deletion
from django.db import migrations, models

STAGES = [
    "COMMITTED",
    "RE_PROMISED",
    "PULLED_IN",
    "AT_RISK",
    "RECOVERED",
    "BROKEN",
    "KEPT",
    "HANDED_OVER",
    "CANCELLED",
]
STAGE = """
UPDATE promises_promise p SET stage = CASE
    WHEN p.state = 'BROKEN' THEN 'BROKEN'
    WHEN p.state = 'ACTIVE' AND p.moved_count > 0 THEN 'RE_PROMISED'
    WHEN p.state = 'ACTIVE' THEN 'COMMITTED'
    WHEN o.ended_how = 'CANCELLED' THEN 'CANCELLED'
    WHEN o.late_days_last = 0 THEN 'KEPT'
    ELSE 'HANDED_OVER' END
FROM (SELECT order_id AS id FROM promises_promise) x
    LEFT JOIN promises_outcome o ON o.order_id = x.id
WHERE p.order_id = x.id;
"""


class Migration(migrations.Migration):
    dependencies = [("promises", "0003_quotes")]

    operations = [
        migrations.AddField(
            "Promise", "stage", models.TextField(default="COMMITTED", db_default="COMMITTED")
        ),
        migrations.AddField(
            "Promise", "outside_count", models.SmallIntegerField(default=0, db_default=0)
        ),
        migrations.AddField(
            "Promise", "risk_count", models.SmallIntegerField(default=0, db_default=0)
        ),
        migrations.AddField(
            "Promise",
            "watched_run",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="promises.forecastrun",
            ),
        ),
        migrations.RunSQL(STAGE),
        migrations.AddConstraint(
            "Promise",
            models.CheckConstraint(condition=models.Q(("stage__in", STAGES)), name="promise_stage"),
        ),
    ]
