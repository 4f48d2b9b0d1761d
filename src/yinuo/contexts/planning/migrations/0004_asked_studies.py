"""Studies that staff asked for, with how far they are."""

from django.db import migrations, models
from django.db.models import deletion


class Migration(migrations.Migration):
    dependencies = [("planning", "0003_looks"), ("people", "0001_tables")]

    operations = [
        migrations.CreateModel(
            name="AskedStudy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.TextField(unique=True)),
                ("growth", models.FloatField()),
                ("standing", models.BooleanField()),
                ("asked_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("heard_at", models.DateTimeField(null=True)),
                ("tries", models.IntegerField(default=0)),
                ("phase", models.TextField(blank=True)),
                ("done_count", models.IntegerField(default=0)),
                ("most_count", models.IntegerField(default=0)),
                ("refused_zh", models.TextField(blank=True)),
                ("refused_en", models.TextField(blank=True)),
                ("result", models.JSONField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=deletion.PROTECT, related_name="+", to="people.staffmember"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="asked_study_ends_in_one_way",
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", True),
                                ("refused_zh", ""),
                                ("result__isnull", True),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("refused_zh", ""),
                                ("result__isnull", False),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("result__isnull", True),
                                models.Q(("refused_zh", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                    ),
                ],
            },
        ),
    ]
