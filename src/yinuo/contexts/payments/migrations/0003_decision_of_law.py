"""What is kept and given back rests on a stored decision; what is kept, on one that passes."""

import django.db.models.deletion
from django.db import migrations, models

KEYS = """
ALTER TABLE payments_keep ADD CONSTRAINT payments_keep_decision FOREIGN KEY (decision_id)
    REFERENCES terms_decision (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE payments_refund ADD CONSTRAINT payments_refund_decision FOREIGN KEY (decision_id)
    REFERENCES terms_decision (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX payments_keep_decision_id ON payments_keep (decision_id);
CREATE INDEX payments_refund_decision_id ON payments_refund (decision_id)
    WHERE decision_id IS NOT NULL;
"""

GUARD = """
CREATE FUNCTION payments_keep_by_law() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('KEPT', 'DISPUTED') AND NOT EXISTS (
        SELECT FROM terms_decision d
        WHERE d.id = NEW.decision_id AND d.clearance = 'go' AND d.order_id = NEW.order_id) THEN
        RAISE EXCEPTION 'nothing is kept without a decision on this order that passes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'keep_only_by_law';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_keep_only_by_law BEFORE INSERT OR UPDATE ON payments_keep
    FOR EACH ROW EXECUTE FUNCTION payments_keep_by_law();
ALTER TABLE payments_keep ENABLE ALWAYS TRIGGER payments_keep_only_by_law;
"""


def key(null: bool) -> "models.ForeignKey[object, object]":
    return models.ForeignKey(
        db_index=False,
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="terms.decision",
    )


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_books_balance"), ("terms", "0001_tables")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(KEYS)],
            state_operations=[
                migrations.RemoveField("keep", "decision_id"),
                migrations.RemoveField("refund", "decision_id"),
                migrations.AddField("keep", "decision", key(False), preserve_default=False),
                migrations.AddField("refund", "decision", key(True)),
            ],
        ),
        migrations.RunSQL(GUARD),
    ]
