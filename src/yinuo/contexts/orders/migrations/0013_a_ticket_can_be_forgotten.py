"""With the record of its order a ticket forgets whose it was; its number and chain stay public."""

from django.db import migrations, models

PLACED = ["TAKEN", "ORDERED", "LOCKED"]
STATES = ["WAITING", *PLACED, "WITHDRAWN", "LAPSED", "ERASED"]

# A rank is a moment: that of an order whose record is erased becomes its row, before all others.
LETS = """
DROP TRIGGER orders_order_rank_is_fixed ON orders_order;
CREATE TRIGGER orders_order_rank_is_fixed BEFORE UPDATE ON orders_order
    FOR EACH ROW
    WHEN ((OLD.rank <> NEW.rank OR OLD.line_id <> NEW.line_id OR OLD.locked_at <> NEW.locked_at
           OR OLD.code <> NEW.code)
          AND NOT (NEW.rank = -OLD.id AND OLD.line_id = NEW.line_id AND OLD.code = NEW.code
                   AND NEW.locked_at = date_trunc('day', OLD.locked_at, 'Asia/Shanghai')
                   AND ledger_being_erased(OLD.id)))
    EXECUTE FUNCTION orders_refuse_rank_change();
DROP TRIGGER orders_ticket_is_fixed ON orders_ticket;
CREATE TRIGGER orders_ticket_is_fixed BEFORE UPDATE ON orders_ticket
    FOR EACH ROW
    WHEN ((OLD.launch_id <> NEW.launch_id OR OLD.number <> NEW.number OR OLD.code <> NEW.code
           OR OLD.request_key <> NEW.request_key OR OLD.taken_at <> NEW.taken_at
           OR OLD.chain <> NEW.chain OR OLD.signature <> NEW.signature)
          AND NOT (OLD.launch_id = NEW.launch_id AND OLD.number = NEW.number
                   AND OLD.taken_at = NEW.taken_at AND OLD.chain = NEW.chain
                   AND NEW.code = 'erased:' || OLD.id AND NEW.request_key = 'erased:' || OLD.id
                   AND NEW.signature = '' AND NEW.state = 'ERASED'
                   AND ledger_being_erased(OLD.order_id)))
    EXECUTE FUNCTION orders_refuse_ticket_change();
ALTER TABLE orders_order ENABLE ALWAYS TRIGGER orders_order_rank_is_fixed;
ALTER TABLE orders_ticket ENABLE ALWAYS TRIGGER orders_ticket_is_fixed;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_kept_rows_become_coarser"),
        ("orders", "0012_draws"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ticket",
            name="state",
            field=models.TextField(choices=[(one, one.title()) for one in STATES]),
        ),
        migrations.RemoveConstraint("ticket", "ticket_place_is_held"),
        migrations.AddConstraint(
            "ticket",
            models.CheckConstraint(
                condition=models.Q(("cell__isnull", False), ("state__in", PLACED))
                | models.Q(
                    ("cell__isnull", True), ("state__in", ["WAITING", "WITHDRAWN", "LAPSED"])
                )
                | models.Q(("order__isnull", True), ("person__isnull", True), ("state", "ERASED")),
                name="ticket_place_is_held",
            ),
        ),
        migrations.RunSQL(LETS, migrations.RunSQL.noop),
    ]
