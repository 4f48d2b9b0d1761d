"""Outcomes name the law's decision, signals are cleared in words, evidence has a media type."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handover", "0004_who_is_where"),
        ("people", "0001_tables"),
        ("terms", "0001_tables"),
    ]

    operations = [
        migrations.RenameField("Evidence", "content_type", "media_type"),
        migrations.RemoveIndex("SafetySignal", "safety_signal_open"),
        migrations.RenameField("SafetySignal", "seen_at", "cleared_at"),
        migrations.RenameField("SafetySignal", "seen_by", "cleared_by"),
        migrations.AddField("SafetySignal", "cleared_words", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddIndex(
            "SafetySignal",
            models.Index(
                fields=["raised_at"],
                name="safety_signal_open",
                condition=models.Q(cleared_at__isnull=True),
            ),
        ),
        migrations.AddConstraint(
            "SafetySignal",
            models.CheckConstraint(
                name="cleared_signal_says_why",
                condition=models.Q(cleared_at__isnull=True)
                | (models.Q(cleared_by__isnull=False) & ~models.Q(cleared_words="")),
            ),
        ),
        migrations.AddField(
            "Outcome",
            "decision",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="terms.decision",
            ),
        ),
    ]
