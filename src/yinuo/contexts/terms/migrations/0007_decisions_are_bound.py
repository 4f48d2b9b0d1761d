"""A decision on a ticket is bound to its order without reading its whole record again.

It is kept as it was as before: a change of anything but the order is compared column by column,
and the order is written once where none stood. Only that last change, which every lock makes for
each of its decisions, is no longer compared with a record of many pages.
"""

from django.db import migrations

WHOLE = """
DROP TRIGGER terms_decision_kept ON terms_decision;
CREATE FUNCTION terms_bind_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.order_id IS NOT NULL AND OLD.order_id IS DISTINCT FROM NEW.order_id THEN
        RAISE EXCEPTION '% is kept as it was agreed: % refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER terms_decision_kept
    BEFORE DELETE OR UPDATE OF id, public_id, ticket_id, at, on_date, clearance, digest, record,
        decided_at ON terms_decision
    FOR EACH ROW EXECUTE FUNCTION terms_keep_as_agreed('order_id');
CREATE TRIGGER terms_decision_bound BEFORE UPDATE OF order_id ON terms_decision
    FOR EACH ROW EXECUTE FUNCTION terms_bind_once();
ALTER TABLE terms_decision ENABLE ALWAYS TRIGGER terms_decision_kept;
ALTER TABLE terms_decision ENABLE ALWAYS TRIGGER terms_decision_bound;
"""


class Migration(migrations.Migration):
    dependencies = [("terms", "0006_dates_and_sizes")]

    operations = [migrations.RunSQL(WHOLE)]
