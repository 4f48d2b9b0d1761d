"""What was said in public stays as it was said, and what is under legal hold stays altogether.

A draft may be written anew; once published a version, a signature under it, the record of a hidden
post and what was decided of it never change. A column that was empty may be filled once.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION claims_keep_as_said() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text;
    was jsonb := to_jsonb(OLD);
    now_is jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        now_is := to_jsonb(NEW);
        FOREACH name IN ARRAY coalesce(TG_ARGV, '{}') LOOP
            IF left(name, 1) = '~' THEN
                was := was - substr(name, 2);
                now_is := now_is - substr(name, 2);
            ELSIF was ->> name IS NULL OR was ->> name = '' OR was ->> name = now_is ->> name THEN
                was := was - name;
                now_is := now_is - name;
            END IF;
        END LOOP;
        IF was = now_is THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is kept as it was said: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION claims_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NULL AND NOT (TG_OP = 'DELETE' AND claims_is_held(OLD.claim_id)) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.entry_id IS NULL
       AND to_jsonb(OLD) - 'entry_id' = to_jsonb(NEW) - 'entry_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'version % is kept as it was said: % refused', OLD.id, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION claims_is_held(claim bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM claims_hold WHERE claim_id = claim AND lifted_at IS NULL)
$$;

CREATE FUNCTION claims_evidence_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF claims_is_held(OLD.claim_id) AND (TG_OP = 'DELETE' OR NEW.dropped_at IS NOT NULL) THEN
        RAISE EXCEPTION 'evidence % is under legal hold', OLD.public_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER claims_version_stays BEFORE UPDATE OR DELETE ON claims_claimversion
    FOR EACH ROW EXECUTE FUNCTION claims_version_stays();
ALTER TABLE claims_claimversion ENABLE ALWAYS TRIGGER claims_version_stays;
CREATE TRIGGER claims_evidence_is_held BEFORE UPDATE OR DELETE ON claims_evidence
    FOR EACH ROW EXECUTE FUNCTION claims_evidence_is_held();
ALTER TABLE claims_evidence ENABLE ALWAYS TRIGGER claims_evidence_is_held;
"""

# Each table with the columns that may be written once where nothing stood; one with ~ may change.
KEPT = {
    "claims_claim": (
        "~owner_id",
        "ended_at",
        "ended_code",
        "ended_why",
        "ended_by_id",
        "ended_entry_id",
    ),
    "claims_signature": (),
    "claims_blob": (),
    "claims_evidence": ("published_at", "published_by_id", "entry_id", "dropped_at"),
    "claims_hold": ("lifted_by_id", "lifted_at", "lifted_why"),
    "claims_conflict": ("~owner_id", "mended_at"),
    "claims_commitment": (
        "~owner_id",
        "entry_id",
        "closed_at",
        "closed_code",
        "closed_by_id",
        "proof",
        "closed_entry_id",
    ),
    "claims_hiddenpost": ("entry_id",),
    "claims_appeal": ("outcome", "why", "decided_by_id", "decided_at", "entry_id"),
}
GUARD = """
CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION claims_keep_as_said({columns});
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_kept;
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_tables")]

    operations = [
        migrations.RunSQL(
            FUNCTIONS
            + "".join(
                GUARD.format(table=table, columns=", ".join(f"'{name}'" for name in columns))
                for table, columns in KEPT.items()
            )
        ),
    ]
