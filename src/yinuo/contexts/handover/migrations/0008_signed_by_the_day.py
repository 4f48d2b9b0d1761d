"""What was signed for an order whose record is erased stays, with the day of each row."""

from django.db import migrations

LETS = """
CREATE FUNCTION handover_order_of(kept jsonb) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (kept ->> 'order_id')::bigint,
        (SELECT order_id FROM handover_inspection
         WHERE id = (kept ->> 'inspection_id')::bigint))
$$;

CREATE OR REPLACE FUNCTION handover_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF ledger_lets_be_coarser(
            handover_order_of(to_jsonb(OLD)), to_jsonb(OLD), to_jsonb(NEW), '{}')
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE FUNCTION handover_refuse_late_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF ledger_lets_be_coarser(
            handover_order_of(to_jsonb(OLD)), to_jsonb(OLD), to_jsonb(NEW), '{}')
        THEN
            RETURN NEW;
        END IF;
    END IF;
    IF (SELECT state FROM handover_inspection WHERE id = NEW.inspection_id) <> 'OPEN' THEN
        RAISE EXCEPTION 'this inspection is not open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'answers_only_while_open';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handover", "0007_damage_of_a_car_given_up"),
        ("ledger", "0007_kept_rows_become_coarser"),
    ]

    operations = [migrations.RunSQL(LETS, migrations.RunSQL.noop)]
