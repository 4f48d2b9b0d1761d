"""The books of an order whose record is erased stay, with the day of each posting."""

from django.db import migrations

LETS = """
CREATE OR REPLACE FUNCTION payments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'payments_posting' THEN
        IF ledger_lets_be_coarser(
            coalesce(OLD.order_id, (SELECT order_id FROM payments_bill WHERE id = OLD.bill_id)),
            to_jsonb(OLD), to_jsonb(NEW), '{}')
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the books are append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_kept_rows_become_coarser"),
        ("payments", "0004_law_stopped"),
    ]

    operations = [migrations.RunSQL(LETS, migrations.RunSQL.noop)]
