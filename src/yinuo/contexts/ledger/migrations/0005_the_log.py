"""Where every entry waits for its number in the public log, and the log's leaves and heads."""

import django.db.models.deletion
from django.db import migrations, models

# By statement, not by row: one event may write half a million entries. Nobody has to think of it,
# and no entry gets past it.
INBOX = """
CREATE FUNCTION ledger_put_in_inbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_inbox (entry_id) SELECT id FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_inbox AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_put_in_inbox();
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER ledger_entry_inbox;
INSERT INTO ledger_inbox (entry_id) SELECT id FROM ledger_entry;
-- Rows come and go all the time: what is gone is cleared away early.
ALTER TABLE ledger_inbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);
"""

# The root of a tree without leaves is the SHA-256 of nothing.
TREE = """
ALTER TABLE ledger_leaf ADD CONSTRAINT leaf_entry_or_body
    CHECK ((entry_id IS NULL) <> (body IS NULL));
INSERT INTO ledger_tree (singleton, size, edge, root, locks)
    VALUES (1, 0, '', sha256(''), 0);
"""

GUARD = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_erasure")]

    operations = [
        migrations.CreateModel(
            name="Inbox",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="ledger.entry",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("idx", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leaf",
                        to="ledger.entry",
                    ),
                ),
                ("body", models.TextField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Tree",
            fields=[
                (
                    "singleton",
                    models.SmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("size", models.BigIntegerField(default=0)),
                ("edge", models.BinaryField()),
                ("root", models.BinaryField()),
                ("locks", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("singleton", 1)), name="tree_is_one"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                ("locks", models.BigIntegerField()),
                ("published_at", models.DateTimeField()),
                ("quorum_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["size"], name="checkpoint_by_size"),
                    models.Index(fields=["quorum_at"], name="checkpoint_by_quorum"),
                ],
            },
        ),
        migrations.RunSQL(
            INBOX
            + TREE
            + "".join(GUARD.format(table=table) for table in ("ledger_leaf", "ledger_checkpoint"))
        ),
    ]
