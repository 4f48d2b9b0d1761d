"""A car is an order's only by a disclosure of this car for this order, which stays as signed."""

from django.db import migrations

FORWARD = """
ALTER TABLE vehicles_disclosure
    ADD CONSTRAINT disclosure_of_car_and_order UNIQUE (id, car_id, order_id);
ALTER TABLE vehicles_assignment
    ADD CONSTRAINT assignment_by_its_disclosure FOREIGN KEY (disclosure_id, car_id, order_id)
    REFERENCES vehicles_disclosure (id, car_id, order_id);
CREATE FUNCTION vehicles_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was signed stays as it was signed'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER vehicles_disclosure_stays BEFORE UPDATE OR DELETE ON vehicles_disclosure
    FOR EACH ROW EXECUTE FUNCTION vehicles_refuse_change();
ALTER TABLE vehicles_disclosure ENABLE ALWAYS TRIGGER vehicles_disclosure_stays;
"""


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0001_tables")]

    operations = [migrations.RunSQL(FORWARD)]
