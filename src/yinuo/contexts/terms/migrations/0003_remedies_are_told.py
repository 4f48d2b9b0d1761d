"""When the customer of a remedy was told, and who settled it."""

import django.db.models.deletion
from django.db import migrations, models

KEPT = """
DROP TRIGGER terms_remedy_kept ON terms_remedy;
CREATE TRIGGER terms_remedy_kept BEFORE UPDATE OR DELETE ON terms_remedy
    FOR EACH ROW EXECUTE FUNCTION terms_keep_as_agreed(
        'entered_at', 'done_at', 'outcome', 'done_by_id');
ALTER TABLE terms_remedy ENABLE ALWAYS TRIGGER terms_remedy_kept;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_tables"), ("terms", "0002_kept_as_agreed")]

    operations = [
        migrations.AddField(
            model_name="remedy",
            name="entered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="remedy",
            name="done_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.staffmember",
            ),
        ),
        migrations.AddIndex(
            model_name="remedy",
            index=models.Index(
                condition=models.Q(("entered_at__isnull", True)),
                fields=["ruling", "order"],
                name="remedy_to_enter",
            ),
        ),
        migrations.RunSQL(KEPT),
    ]
