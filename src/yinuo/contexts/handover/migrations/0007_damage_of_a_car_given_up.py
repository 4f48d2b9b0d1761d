"""Damage stays with the car it was found on: since when its order has another one."""

from django.db import migrations, models

REFUSE = """
CREATE OR REPLACE FUNCTION handover_refuse_hidden_damage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM handover_damage
               WHERE order_id = NEW.order_id AND told_at IS NULL AND left_at IS NULL) THEN
        RAISE EXCEPTION 'known damage of this car was not told'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'no_hidden_damage';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("handover", "0006_ways_that_are_late")]

    operations = [
        migrations.AddField("Damage", "left_at", models.DateTimeField(null=True)),
        migrations.RunSQL(REFUSE),
    ]
