"""What was signed of a car stays where the record of its order is erased, with the day."""

from django.db import migrations

LETS = """
CREATE OR REPLACE FUNCTION vehicles_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF ledger_lets_be_coarser(OLD.order_id, to_jsonb(OLD), to_jsonb(NEW), '{}') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'what was signed stays as it was signed'
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_kept_rows_become_coarser"),
        ("vehicles", "0003_withdrawn_by_name"),
    ]

    operations = [migrations.RunSQL(LETS, migrations.RunSQL.noop)]
