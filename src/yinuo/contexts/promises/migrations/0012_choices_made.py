"""A choice has a row once it is made; before that its entry says all there is to say."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("promises", "0011_drift"),
    ]

    operations = [
        migrations.RunSQL(
            "DELETE FROM promises_choice WHERE chosen = ''", migrations.RunSQL.noop
        ),
        migrations.RemoveIndex(model_name="choice", name="choice_to_answer"),
        migrations.AlterField(model_name="choice", name="chosen", field=models.TextField()),
        migrations.AlterField(
            model_name="choice", name="chosen_at", field=models.DateTimeField()
        ),
        migrations.AddIndex(
            model_name="choice",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", True)),
                fields=["answer_by_at"],
                name="choice_to_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="choice",
            constraint=models.CheckConstraint(
                condition=models.Q(("chosen", ""), _negated=True), name="choice_made"
            ),
        ),
    ]
