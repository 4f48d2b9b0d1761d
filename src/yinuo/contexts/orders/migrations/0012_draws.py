"""Draws for the places of a launch; a rank may follow the draw that was recorded, and no other."""

import django.db.models.deletion
from django.db import migrations, models

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
    -- While a draw is being made: aside first, then to the place drawn (a few microseconds on
    -- where an order of another kind stands there).
    IF OLD.line_id = NEW.line_id AND OLD.locked_at = NEW.locked_at AND OLD.code = NEW.code
       AND EXISTS (
           SELECT FROM orders_ticket t JOIN orders_drawnplace p ON p.ticket_id = t.id
           JOIN orders_draw d ON d.launch_id = p.draw_id
           WHERE t.order_id = NEW.id AND d.ended_at IS NULL AND (
               (OLD.rank > 0 AND NEW.rank = -OLD.rank)
               OR (OLD.rank < 0 AND NEW.rank BETWEEN p.rank AND p.rank + 99)))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'line, lock time and rank of order % are fixed', OLD.code
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION orders_draw_is_stated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: a draw is what was stated in public', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orders_draw_no_delete BEFORE DELETE ON orders_draw
    FOR EACH ROW EXECUTE FUNCTION orders_draw_is_stated();
CREATE TRIGGER orders_draw_no_change BEFORE UPDATE ON orders_draw
    FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL OR OLD.launch_id <> NEW.launch_id OR OLD.source <> NEW.source
          OR OLD.until_at <> NEW.until_at OR OLD.drawn_at <> NEW.drawn_at
          OR (OLD.number IS NOT NULL AND OLD.number IS DISTINCT FROM NEW.number))
    EXECUTE FUNCTION orders_draw_is_stated();
CREATE TRIGGER orders_drawnplace_no_change BEFORE UPDATE OR DELETE ON orders_drawnplace
    FOR EACH ROW EXECUTE FUNCTION orders_draw_is_stated();
ALTER TABLE orders_draw ENABLE ALWAYS TRIGGER orders_draw_no_delete;
ALTER TABLE orders_draw ENABLE ALWAYS TRIGGER orders_draw_no_change;
ALTER TABLE orders_drawnplace ENABLE ALWAYS TRIGGER orders_drawnplace_no_change;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_copies_of_the_record")]

    operations = [
        migrations.CreateModel(
            name="Draw",
            fields=[
                (
                    "launch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="draw",
                        serialize=False,
                        to="orders.launch",
                    ),
                ),
                ("source", models.TextField()),
                ("until_at", models.DateTimeField()),
                ("drawn_at", models.DateTimeField()),
                ("number", models.BigIntegerField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("value", models.TextField(blank=True)),
                (
                    "outcome",
                    models.TextField(
                        blank=True, choices=[("DRAWN", "Drawn"), ("NOT_SEALED", "Not Sealed")]
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("drawn_at__gt", models.F("until_at"))),
                        name="draw_after_its_window",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("outcome", "")),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("number__isnull", False),
                                ("outcome__in", ["DRAWN", "NOT_SEALED"]),
                            ),
                            _connector="OR",
                        ),
                        name="draw_ended_has_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("number__isnull", True)),
                            models.Q(("closed_at__isnull", False), ("number__gte", 0)),
                            _connector="OR",
                        ),
                        name="draw_closed_has_number",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DrawnPlace",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="drawn",
                        serialize=False,
                        to="orders.ticket",
                    ),
                ),
                ("place", models.BigIntegerField()),
                ("rank", models.BigIntegerField()),
                (
                    "draw",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="places",
                        to="orders.draw",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("draw", "place"), name="drawn_place_once"),
                    models.CheckConstraint(
                        condition=models.Q(("place__gte", 1)), name="drawn_place_counts_from_one"
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD),
    ]
