"""Clauses, templates, contracts, side terms, rulings, remedies and decisions by law."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0004_launches"),
        ("people", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Clause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.TextField(unique=True)),
                ("title_zh", models.TextField()),
                ("title_en", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="ClauseVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.IntegerField()),
                ("text_zh", models.TextField()),
                ("text_en", models.TextField()),
                ("facts", models.JSONField()),
                ("wording_digest", models.TextField()),
                ("written_at", models.DateTimeField()),
                (
                    "clause",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="terms.clause",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.TextField(unique=True)),
                ("version", models.IntegerField(default=1)),
                ("language", models.TextField()),
                ("price_fen", models.BigIntegerField()),
                ("deposit_fen", models.BigIntegerField()),
                (
                    "statement_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("facts", models.JSONField(default=dict)),
                ("digest", models.TextField()),
                ("agreed_at", models.DateTimeField()),
                ("superseded_at", models.DateTimeField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.order",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClauseShown",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("page", models.TextField()),
                (
                    "means",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                ("type_px", models.IntegerField()),
                ("price_type_px", models.IntegerField()),
                ("contrast_x100", models.IntegerField()),
                ("explanation_asked", models.BooleanField(default=False)),
                ("explained", models.BooleanField(default=False)),
                ("shown_at", models.DateTimeField()),
                (
                    "clause_version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="terms.clauseversion",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shown",
                        to="terms.contract",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.TextField(unique=True)),
                ("at", models.TextField()),
                ("on_date", models.DateField()),
                ("clearance", models.TextField()),
                ("digest", models.TextField()),
                ("record", models.JSONField()),
                ("decided_at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.order",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.ticket",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="contract",
            name="decision",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="terms.decision",
            ),
        ),
        migrations.CreateModel(
            name="Ruling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.TextField(unique=True)),
                ("court", models.TextField()),
                ("case_no", models.TextField()),
                ("ruled_date", models.DateField()),
                ("source", models.TextField()),
                ("summary_zh", models.TextField()),
                ("summary_en", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                ("overturned_at", models.DateTimeField(null=True)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.staffmember",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Remedy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.TextField(
                        blank=True,
                        choices=[
                            ("STRUCK", "Struck"),
                            ("REPLACED", "Replaced"),
                            ("PAID_BACK", "Paid Back"),
                        ],
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="terms.contract",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.order",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.staffmember",
                    ),
                ),
                (
                    "ruling",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="remedies",
                        to="terms.ruling",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SideTerm",
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
                ("signed_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_why",
                    models.TextField(
                        blank=True, choices=[("ASKED", "Asked"), ("LAPSED", "Lapsed")]
                    ),
                ),
                (
                    "beats",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="terms.clauseversion",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="side_terms",
                        to="terms.contract",
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "signed_by_staff",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.staffmember",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.TextField(unique=True)),
                ("text_zh", models.TextField()),
                ("text_en", models.TextField()),
                ("source", models.TextField()),
                ("said_date", models.DateField()),
                ("ended_date", models.DateField(null=True)),
                ("forbids", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_date__isnull", True),
                            ("ended_date__gt", models.F("said_date")),
                            _connector="OR",
                        ),
                        name="statement_ends_later",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.TextField()),
                ("version", models.IntegerField()),
                ("title_zh", models.TextField()),
                ("title_en", models.TextField()),
                ("whole", models.JSONField(default=dict)),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("ISSUED", "Issued"),
                            ("WITHDRAWN", "Withdrawn"),
                        ],
                        default="DRAFT",
                    ),
                ),
                ("check_record", models.JSONField(null=True)),
                ("digest", models.TextField(blank=True)),
                ("drafted_at", models.DateTimeField()),
                ("issued_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_why", models.TextField(blank=True)),
                (
                    "issued_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.staffmember",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="contract",
            name="template",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contracts",
                to="terms.template",
            ),
        ),
        migrations.CreateModel(
            name="TemplateClause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.IntegerField()),
                (
                    "clause_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="places",
                        to="terms.clauseversion",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="places",
                        to="terms.template",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VoidClause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "clause_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="void",
                        to="terms.clauseversion",
                    ),
                ),
                (
                    "ruling",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="void",
                        to="terms.ruling",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="clauseversion",
            index=models.Index(fields=["wording_digest"], name="clause_by_wording"),
        ),
        migrations.AddConstraint(
            model_name="clauseversion",
            constraint=models.UniqueConstraint(
                fields=("clause", "version"), name="clause_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="clauseversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("text_zh", ""), _negated=True),
                    models.Q(("text_en", ""), _negated=True),
                ),
                name="clause_has_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="clauseshown",
            constraint=models.UniqueConstraint(
                fields=("contract", "clause_version"), name="shown_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.UniqueConstraint(
                fields=("order", "ticket", "at", "digest"),
                name="decision_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.UniqueConstraint(fields=("court", "case_no"), name="ruling_once"),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("court", ""), _negated=True),
                    models.Q(("case_no", ""), _negated=True),
                    models.Q(("source", ""), _negated=True),
                ),
                name="ruling_has_source",
            ),
        ),
        migrations.AddIndex(
            model_name="remedy",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)), fields=["ruling"], name="remedy_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="remedy",
            constraint=models.UniqueConstraint(fields=("ruling", "order"), name="remedy_once"),
        ),
        migrations.AddConstraint(
            model_name="remedy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", True), ("outcome", "")),
                    models.Q(("done_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                    _connector="OR",
                ),
                name="remedy_done_how",
            ),
        ),
        migrations.AddIndex(
            model_name="sideterm",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True), ("kind", "SCHEDULE_HOLD")),
                fields=["contract"],
                name="side_term_live_hold",
            ),
        ),
        migrations.AddConstraint(
            model_name="sideterm",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="side_term_says"
            ),
        ),
        migrations.AddConstraint(
            model_name="sideterm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "SCHEDULE_HOLD"), _negated=True),
                    models.Q(("days__gt", 0), ("until_date__isnull", False)),
                    _connector="OR",
                ),
                name="side_term_hold_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="sideterm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "PRICE"), _negated=True),
                    ("amount_fen__gt", 0),
                    _connector="OR",
                ),
                name="side_term_price",
            ),
        ),
        migrations.AddConstraint(
            model_name="sideterm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "DELIVERY_BY"), _negated=True),
                    ("until_date__isnull", False),
                    _connector="OR",
                ),
                name="side_term_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="sideterm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_why", "")),
                    models.Q(
                        ("ended_at__isnull", False), models.Q(("ended_why", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="side_term_ended_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.UniqueConstraint(
                fields=("code", "version"), name="template_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "ISSUED")),
                fields=("code",),
                name="template_issued_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "ISSUED"), _negated=True),
                    models.Q(
                        ("check_record__isnull", False),
                        ("issued_at__isnull", False),
                        models.Q(("digest", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="template_issued_has_check",
            ),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "WITHDRAWN"), _negated=True),
                    models.Q(
                        ("withdrawn_at__isnull", False),
                        models.Q(("withdrawn_why", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="template_withdrawn_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.UniqueConstraint(
                condition=models.Q(("order__isnull", False), ("superseded_at__isnull", True)),
                fields=("order",),
                name="contract_current_of_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.UniqueConstraint(
                condition=models.Q(("superseded_at__isnull", True), ("ticket__isnull", False)),
                fields=("ticket",),
                name="contract_current_of_ticket",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("order__isnull", False), ("ticket__isnull", False), _connector="OR"
                ),
                name="contract_has_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price_fen__gt", 0),
                    ("deposit_fen__gte", 0),
                    (
                        "price_fen__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("deposit_fen"), "*", models.Value(5)
                        ),
                    ),
                ),
                name="contract_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="templateclause",
            constraint=models.UniqueConstraint(
                fields=("template", "clause_version"), name="template_clause_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="templateclause",
            constraint=models.UniqueConstraint(
                fields=("template", "position"), name="template_place_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="voidclause",
            constraint=models.UniqueConstraint(
                fields=("ruling", "clause_version"), name="void_once"
            ),
        ),
    ]
