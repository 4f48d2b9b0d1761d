"""What a car could do against its contract, and disputes in which settling comes first."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

KEPT = """
CREATE TRIGGER terms_enabledfeatures_kept BEFORE UPDATE OR DELETE ON terms_enabledfeatures
    FOR EACH ROW EXECUTE FUNCTION terms_keep_as_agreed();
CREATE TRIGGER terms_matterstep_kept BEFORE UPDATE OR DELETE ON terms_matterstep
    FOR EACH ROW EXECUTE FUNCTION terms_keep_as_agreed();
CREATE TRIGGER terms_matter_kept BEFORE UPDATE OR DELETE ON terms_matter
    FOR EACH ROW EXECUTE FUNCTION terms_keep_as_agreed('closed_at');
ALTER TABLE terms_enabledfeatures ENABLE ALWAYS TRIGGER terms_enabledfeatures_kept;
ALTER TABLE terms_matterstep ENABLE ALWAYS TRIGGER terms_matterstep_kept;
ALTER TABLE terms_matter ENABLE ALWAYS TRIGGER terms_matter_kept;
"""
ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
TEXTS = django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_tables"), ("terms", "0003_remedies_are_told")]

    operations = [
        migrations.CreateModel(
            name="EnabledFeatures",
            fields=[
                ("id", ID),
                (
                    "cause",
                    models.TextField(choices=[("HANDOVER", "Handover"), ("UPDATE", "Update")]),
                ),
                ("source", models.TextField()),
                ("features", TEXTS),
                ("limits", models.JSONField(default=dict)),
                ("lacking", TEXTS),
                ("found_at", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enabled",
                        to="terms.contract",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("contract", "cause", "source"), name="enabled_found_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Matter",
            fields=[
                ("id", ID),
                ("public_id", models.TextField(unique=True)),
                ("title", models.TextField()),
                ("claims_fen", models.BigIntegerField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="matter_says",
                        condition=~models.Q(title="") & models.Q(claims_fen__gte=0),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MatterStep",
            fields=[
                ("id", ID),
                ("tactic", models.TextField()),
                ("why", models.TextField()),
                ("cost_fen", models.BigIntegerField()),
                ("trust", models.TextField()),
                ("answers", models.JSONField(default=dict)),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.staffmember",
                    ),
                ),
                (
                    "matter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="terms.matter",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="matter_step_says",
                        condition=~models.Q(why="")
                        & ~models.Q(trust="")
                        & models.Q(cost_fen__gte=0),
                    ),
                    models.CheckConstraint(
                        name="matter_settles_first",
                        condition=models.Q(tactic__in=["SETTLE", "PAY", "ADMIT"])
                        | ~models.Q(answers={}),
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEPT),
    ]
