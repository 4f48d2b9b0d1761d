"""What was promised goes with the record of its order; nothing else of it may change."""

from django.db import migrations

LETS = """
DROP TRIGGER {table}_no_change ON {table};
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW WHEN (NOT ledger_being_erased(OLD.order_id))
    EXECUTE FUNCTION promises_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change;
"""
TABLES = ("promises_outcome", "promises_credit", "promises_settlement")


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0004_erasure"),
        ("promises", "0015_place_not_drawn"),
    ]

    operations = [
        migrations.RunSQL(LETS.format(table=table), migrations.RunSQL.noop) for table in TABLES
    ]
