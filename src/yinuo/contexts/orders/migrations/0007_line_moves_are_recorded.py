"""Line and rank change only together, and only along a recorded move by the customer's wish."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION orders_refuse_rank_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.line_id <> NEW.line_id AND OLD.locked_at = NEW.locked_at AND OLD.code = NEW.code
       AND EXISTS (
           SELECT FROM orders_linemove m WHERE m.order_id = NEW.id AND (
               (m.undone_at IS NULL AND m.applied_at IS NULL AND m.from_line_id = OLD.line_id
                AND m.to_line_id = NEW.line_id AND m.old_rank = OLD.rank AND m.new_rank = NEW.rank)
               OR (m.undone_at IS NOT NULL AND m.undo_applied_at IS NULL
                   AND m.to_line_id = OLD.line_id AND m.from_line_id = NEW.line_id
                   AND m.new_rank = OLD.rank AND m.old_rank = NEW.rank)))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'line, lock time and rank of order % are fixed', OLD.code
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_amendments")]

    operations = [migrations.RunSQL(FORWARD)]
