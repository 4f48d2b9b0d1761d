"""An order's line, lock time and rank are fixed when it is recorded; the database holds to it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION orders_refuse_rank_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'line, lock time and rank of order % are fixed', OLD.code
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orders_order_rank_is_fixed BEFORE UPDATE ON orders_order
    FOR EACH ROW
    WHEN (OLD.rank <> NEW.rank OR OLD.line_id <> NEW.line_id OR OLD.locked_at <> NEW.locked_at
          OR OLD.code <> NEW.code)
    EXECUTE FUNCTION orders_refuse_rank_change();
ALTER TABLE orders_order ENABLE ALWAYS TRIGGER orders_order_rank_is_fixed;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_tables")]

    operations = [migrations.RunSQL(FORWARD)]
