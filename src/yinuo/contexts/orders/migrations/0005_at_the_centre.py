"""Inspected, signed and paid; what stands beside a state; no state goes back on its own."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION orders_refuse_state_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    way CONSTANT text[] := ARRAY['LOCKED', 'SCHEDULED', 'IN_BUILD', 'BUILT', 'IN_TRANSIT',
        'AT_CENTRE', 'INSPECTED', 'SIGNED', 'PAID', 'DELIVERED'];
BEGIN
    IF OLD.state || '>' || NEW.state = ANY (ARRAY[
        'INSPECTED>AT_CENTRE', 'SIGNED>AT_CENTRE', 'CANCELLED>LOCKED']) THEN
        RETURN NEW;
    END IF;
    IF OLD.state NOT IN ('DELIVERED', 'CANCELLED') AND (NEW.state = 'CANCELLED'
        OR array_position(way, NEW.state) > array_position(way, OLD.state)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'order % cannot go from % to %', OLD.code, OLD.state, NEW.state
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orders_order_state_leads_on BEFORE UPDATE ON orders_order
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION orders_refuse_state_back();
ALTER TABLE orders_order ENABLE ALWAYS TRIGGER orders_order_state_leads_on;
"""
STATES = ["LOCKED", "SCHEDULED", "IN_BUILD", "BUILT", "IN_TRANSIT", "AT_CENTRE", "INSPECTED", "SIGNED", "PAID", "DELIVERED", "CANCELLED"]
STATE_CHOICES = [(state, state.replace("_", " ").title()) for state in STATES]
CONDITION_CHOICES = [
    ("BUYER_CHANGE", "Buyer Change"),
    ("POSTPONED", "Postponed"),
    ("DISPUTED", "Disputed"),
]


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_launches")]

    operations = [
        migrations.AlterField(
            model_name="order",
            name="state",
            field=models.TextField(choices=STATE_CHOICES, default="LOCKED"),
        ),
        migrations.CreateModel(
            name="Condition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.TextField(choices=CONDITION_CHOICES)),
                ("cause_ref", models.TextField()),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conditions",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until_at", None)),
                        fields=("order", "name"),
                        name="condition_stands_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARD),
    ]
