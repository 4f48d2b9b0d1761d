"""Side terms offered for consent, dates agreed on that were not kept, rulings overturned."""

import django.db.models.deletion
from django.db import migrations, models

KEPT = """
DROP TRIGGER terms_ruling_kept ON terms_ruling;
CREATE TRIGGER terms_ruling_kept BEFORE UPDATE OR DELETE ON terms_ruling
    FOR EACH ROW EXECUTE FUNCTION terms_keep_as_agreed(
        'overturned_at', 'overturned_by_id', 'overturned_why', 'overturned_source');
ALTER TABLE terms_ruling ENABLE ALWAYS TRIGGER terms_ruling_kept;
CREATE TRIGGER terms_sideoffer_kept BEFORE UPDATE OR DELETE ON terms_sideoffer
    FOR EACH ROW EXECUTE FUNCTION terms_keep_as_agreed('answer', 'answered_at', 'term_id');
ALTER TABLE terms_sideoffer ENABLE ALWAYS TRIGGER terms_sideoffer_kept;
CREATE TRIGGER terms_termbreach_kept BEFORE UPDATE OR DELETE ON terms_termbreach
    FOR EACH ROW EXECUTE FUNCTION terms_keep_as_agreed();
ALTER TABLE terms_termbreach ENABLE ALWAYS TRIGGER terms_termbreach_kept;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0008_rights"),
        ("people", "0002_legal_staff"),
        ("terms", "0004_delivered_and_matters"),
    ]

    operations = [
        migrations.CreateModel(
            name="SideOffer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.TextField(unique=True)),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("SCHEDULE_HOLD", "Schedule Hold"),
                            ("PRICE", "Price"),
                            ("DELIVERY_BY", "Delivery By"),
                            ("FREE_TEXT", "Free Text"),
                        ]
                    ),
                ),
                ("text", models.TextField()),
                ("days", models.IntegerField(null=True)),
                ("until_date", models.DateField(null=True)),
                ("amount_fen", models.BigIntegerField(null=True)),
                ("said_by", models.TextField()),
                ("said_where", models.TextField()),
                ("said_date", models.DateField()),
                ("offered_at", models.DateTimeField()),
                (
                    "answer",
                    models.TextField(
                        blank=True,
                        choices=[
                            ("AGREED", "Agreed"),
                            ("DECLINED", "Declined"),
                            ("WITHDRAWN", "Withdrawn"),
                        ],
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="TermBreach",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stage",
                    models.TextField(choices=[("EXPECTED", "Expected"), ("PASSED", "Passed")]),
                ),
                ("latest_date", models.DateField()),
                ("found_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="ruling",
            name="overturned_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.staffmember",
            ),
        ),
        migrations.AddField(
            model_name="ruling",
            name="overturned_source",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="ruling",
            name="overturned_why",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="remedy",
            name="outcome",
            field=models.TextField(
                blank=True,
                choices=[
                    ("STRUCK", "Struck"),
                    ("REPLACED", "Replaced"),
                    ("PAID_BACK", "Paid Back"),
                    ("OVERTURNED", "Overturned"),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="sideterm",
            name="ended_why",
            field=models.TextField(
                blank=True,
                choices=[("ASKED", "Asked"), ("LAPSED", "Lapsed"), ("REPLACED", "Replaced")],
            ),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("overturned_at__isnull", True), ("overturned_by__isnull", True)),
                    models.Q(
                        ("overturned_at__isnull", False),
                        ("overturned_by__isnull", False),
                        models.Q(("overturned_why", ""), _negated=True),
                        models.Q(("overturned_source", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ruling_overturned_why",
            ),
        ),
        migrations.AddField(
            model_name="sideoffer",
            name="beats",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="terms.clauseversion",
            ),
        ),
        migrations.AddField(
            model_name="sideoffer",
            name="offered_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.staffmember",
            ),
        ),
        migrations.AddField(
            model_name="sideoffer",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="sideoffer",
            name="term",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="offer",
                to="terms.sideterm",
            ),
        ),
        migrations.AddField(
            model_name="termbreach",
            name="term",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="breaches",
                to="terms.sideterm",
            ),
        ),
        migrations.AddConstraint(
            model_name="sideoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("text", ""), _negated=True),
                    models.Q(("said_by", ""), _negated=True),
                    models.Q(("said_where", ""), _negated=True),
                ),
                name="side_offer_says",
            ),
        ),
        migrations.AddConstraint(
            model_name="sideoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at__isnull", True), ("term__isnull", True)),
                    models.Q(
                        ("answer", "AGREED"),
                        ("answered_at__isnull", False),
                        ("term__isnull", False),
                    ),
                    models.Q(
                        ("answer__in", ["DECLINED", "WITHDRAWN"]),
                        ("answered_at__isnull", False),
                        ("term__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="side_offer_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="termbreach",
            constraint=models.UniqueConstraint(fields=("term", "stage"), name="term_breach_once"),
        ),
        migrations.RunSQL(KEPT),
    ]
