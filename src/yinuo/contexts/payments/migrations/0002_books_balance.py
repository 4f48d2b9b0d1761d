"""The database itself keeps the books: every posting adds up to 0, nothing is changed or removed."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the books are append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- Asked when the transaction ends, so that lines may be written one after the other.
CREATE FUNCTION payments_posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posting bigint;
    total numeric;
    written int;
BEGIN
    IF TG_TABLE_NAME = 'payments_posting' THEN posting := NEW.id;
    ELSE posting := NEW.posting_id; END IF;
    SELECT coalesce(sum(amount_fen), 0), count(*) INTO total, written
    FROM payments_postingline WHERE posting_id = posting;
    IF total <> 0 OR written < 2 THEN
        RAISE EXCEPTION 'posting % does not balance: % lines add up to %', posting, written, total
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER payments_posting_has_lines AFTER INSERT ON payments_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_posting_balances();
CREATE CONSTRAINT TRIGGER payments_line_balances AFTER INSERT ON payments_postingline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_posting_balances();
"""

GUARD = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
"""
BOOKS = ("payments_posting", "payments_postingline")

# What money was asked for, came in, went out and was kept is never removed.
STAYS = """
CREATE TRIGGER {table}_stays BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
"""
KEPT = tuple(
    f"payments_{name}"
    for name in ("bill", "charge", "refund", "refundpart", "keep", "settled", "bankrow")
)


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_tables")]

    operations = [
        migrations.RunSQL(
            FORWARD
            + "".join(GUARD.format(table=table) for table in BOOKS)
            + "".join(STAYS.format(table=table) for table in KEPT)
        ),
    ]
