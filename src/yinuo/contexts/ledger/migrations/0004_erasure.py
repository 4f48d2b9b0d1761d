"""One order's secret and openings may be destroyed, and nothing else of the ledger may change."""

import django.db.models.deletion
from django.db import migrations, models

# What the database itself lets through: everything is bound to an erasure of that very order
# which is marked as done in the same transaction. `during` is set here, never by a client.
GUARD = """
CREATE FUNCTION ledger_guard_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        IF OLD.done_at IS NOT NULL THEN
            RAISE EXCEPTION 'an erasure that is done stands: % refused', TG_OP
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        IF NEW.subject_id <> OLD.subject_id THEN
            RAISE EXCEPTION 'an erasure is of one order' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    NEW.during = CASE WHEN NEW.done_at IS NOT NULL THEN pg_current_xact_id()::text::bigint END;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger_being_erased(subject bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM ledger_erasure
        WHERE subject_id = subject AND during = pg_current_xact_id()::text::bigint
    )
$$;

CREATE FUNCTION ledger_refuse_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed boolean := false;
BEGIN
    IF TG_TABLE_NAME = 'ledger_entry' AND TG_OP = 'UPDATE' THEN
        allowed := NEW.id = OLD.id AND NEW.kind = OLD.kind AND NEW.body = OLD.body
            AND NEW.recorded_at = OLD.recorded_at
            AND NEW.subject_id IS NULL AND NEW.letter = '' AND NEW.n IS NULL
            AND NEW.change_key = 'erased:' || OLD.id
            AND ledger_being_erased(OLD.subject_id);
        IF allowed THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'ledger_opening' THEN
        allowed := ledger_being_erased(
            (SELECT subject_id FROM ledger_entry WHERE id = OLD.entry_id)
        );
    ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME IN ('ledger_secret', 'ledger_streamhead') THEN
        allowed := ledger_being_erased(OLD.subject_id);
    END IF;
    IF allowed THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the ledger is append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION ledger_refuse_new_secret() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM fresh JOIN ledger_erasure USING (subject_id) WHERE done_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'nothing is recorded of an order whose record was erased'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_erasure_guard BEFORE INSERT OR UPDATE OR DELETE ON ledger_erasure
    FOR EACH ROW EXECUTE FUNCTION ledger_guard_erasure();
CREATE TRIGGER ledger_erasure_no_truncate BEFORE TRUNCATE ON ledger_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_secret_not_again AFTER INSERT ON ledger_secret
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_new_secret();
CREATE TRIGGER ledger_streamhead_no_delete BEFORE DELETE ON ledger_streamhead
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_kept();
CREATE TRIGGER ledger_streamhead_no_truncate BEFORE TRUNCATE ON ledger_streamhead
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
ALTER TABLE ledger_erasure ENABLE ALWAYS TRIGGER ledger_erasure_guard;
ALTER TABLE ledger_erasure ENABLE ALWAYS TRIGGER ledger_erasure_no_truncate;
ALTER TABLE ledger_secret ENABLE ALWAYS TRIGGER ledger_secret_not_again;
ALTER TABLE ledger_streamhead ENABLE ALWAYS TRIGGER ledger_streamhead_no_delete;
ALTER TABLE ledger_streamhead ENABLE ALWAYS TRIGGER ledger_streamhead_no_truncate;
"""

# Forms hold nothing of one order: they stay refused as they were.
REPLACED = """
DROP TRIGGER {table}_no_change ON {table};
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_kept();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change;
"""
TABLES = ("ledger_entry", "ledger_opening", "ledger_secret")


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_openings_put_together"),
        ("people", "0002_legal_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("subject_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("asked_at", models.DateTimeField()),
                (
                    "reason",
                    models.TextField(
                        choices=[
                            ("ASKED", "Asked"),
                            ("PURPOSE_ENDED", "Purpose Ended"),
                            ("ORDERED_BY_LAW", "Ordered By Law"),
                        ]
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.staffmember",
                    ),
                ),
                ("done_at", models.DateTimeField(null=True)),
                ("during", models.BigIntegerField(editable=False, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="erasure_reason_is_known",
                        condition=models.Q(
                            ("reason__in", ["ASKED", "PURPOSE_ENDED", "ORDERED_BY_LAW"])
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("subject_id", models.BigIntegerField()),
                ("why", models.TextField()),
                (
                    "staff",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.staffmember",
                    ),
                ),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["subject_id"],
                        name="legal_hold_stands_once",
                        condition=models.Q(until_at=None),
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            GUARD + "".join(REPLACED.format(table=table) for table in TABLES),
            migrations.RunSQL.noop,
        ),
    ]
