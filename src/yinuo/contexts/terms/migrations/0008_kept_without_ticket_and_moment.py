"""A contract of an order whose record is erased is kept: without its ticket, and by the day."""

from django.db import migrations

LETS = """
CREATE FUNCTION terms_order_of(kept jsonb) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (kept ->> 'order_id')::bigint,
        (SELECT order_id FROM terms_contract WHERE id = (kept ->> 'contract_id')::bigint),
        (SELECT c.order_id FROM terms_sideterm s JOIN terms_contract c ON c.id = s.contract_id
         WHERE s.id = (kept ->> 'term_id')::bigint))
$$;

CREATE OR REPLACE FUNCTION terms_keep_as_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text;
    was jsonb := to_jsonb(OLD);
    now_is jsonb;
BEGIN
    IF TG_OP = 'UPDATE' AND ledger_lets_be_coarser(
        terms_order_of(to_jsonb(OLD)), to_jsonb(OLD), to_jsonb(NEW), ARRAY['ticket_id'])
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        now_is := to_jsonb(NEW);
        FOREACH name IN ARRAY coalesce(TG_ARGV, '{}') LOOP
            IF was ->> name IS NULL OR was ->> name = '' OR was ->> name = now_is ->> name THEN
                was := was - name;
                now_is := now_is - name;
            END IF;
        END LOOP;
        IF was = now_is THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is kept as it was agreed: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_kept_rows_become_coarser"),
        ("terms", "0007_decisions_are_bound"),
    ]

    operations = [migrations.RunSQL(LETS, migrations.RunSQL.noop)]
