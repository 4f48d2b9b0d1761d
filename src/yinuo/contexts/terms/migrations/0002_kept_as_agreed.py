"""The database keeps what was agreed, shown, ruled and decided as it was.

What may still be told of a row (the order a ticket became, that a version was superseded, that a
term ended) may be written once where nothing stood. A contract is made only from an issued
template without a clause that is held void, also by somebody who goes past the operations; its row
of the template is locked, so a ruling either finds the contract or keeps it from being made.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION terms_keep_as_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text;
    was jsonb := to_jsonb(OLD);
    now_is jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        now_is := to_jsonb(NEW);
        FOREACH name IN ARRAY coalesce(TG_ARGV, '{}') LOOP
            IF was ->> name IS NULL OR was ->> name = '' OR was ->> name = now_is ->> name THEN
                was := was - name;
                now_is := now_is - name;
            END IF;
        END LOOP;
        IF was = now_is THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is kept as it was agreed: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION terms_holds_void(template bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM terms_templateclause p
        JOIN terms_voidclause v ON v.clause_version_id = p.clause_version_id
        JOIN terms_ruling r ON r.id = v.ruling_id
        WHERE p.template_id = template AND r.overturned_at IS NULL)
$$;

CREATE FUNCTION terms_contract_may_be_made() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    SELECT state INTO found FROM terms_template WHERE id = NEW.template_id FOR SHARE;
    IF found IS DISTINCT FROM 'ISSUED' THEN
        RAISE EXCEPTION 'template % is not issued: no contract is made from it', NEW.template_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF terms_holds_void(NEW.template_id) THEN
        RAISE EXCEPTION 'template % holds a clause that is void', NEW.template_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION terms_template_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.code <> OLD.code OR NEW.version <> OLD.version
       OR (OLD.state, NEW.state) NOT IN
          (('DRAFT', 'DRAFT'), ('DRAFT', 'ISSUED'), ('DRAFT', 'WITHDRAWN'),
           ('ISSUED', 'ISSUED'), ('ISSUED', 'WITHDRAWN'), ('WITHDRAWN', 'WITHDRAWN'))
       OR (OLD.state <> 'DRAFT' AND (NEW.whole <> OLD.whole OR NEW.digest <> OLD.digest
           OR NEW.title_zh <> OLD.title_zh OR NEW.title_en <> OLD.title_en)) THEN
        RAISE EXCEPTION 'template % only moves on: draft, issued, withdrawn', OLD.code
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'ISSUED' AND terms_holds_void(NEW.id) THEN
        RAISE EXCEPTION 'template % holds a clause that is void', NEW.code
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION terms_places_are_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.template_id ELSE OLD.template_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM terms_template WHERE id = touched AND state <> 'DRAFT') THEN
        RAISE EXCEPTION 'the clauses of template % are fixed', touched
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION terms_void_is_not_live() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM terms_templateclause p JOIN terms_template t ON t.id = p.template_id
               WHERE p.clause_version_id = NEW.clause_version_id AND t.state = 'ISSUED'
               AND terms_holds_void(t.id)) THEN
        RAISE EXCEPTION 'a template that holds a void clause is still issued'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER terms_contract_may_be_made BEFORE INSERT ON terms_contract
    FOR EACH ROW EXECUTE FUNCTION terms_contract_may_be_made();
CREATE TRIGGER terms_template_moves_on BEFORE UPDATE OR DELETE ON terms_template
    FOR EACH ROW EXECUTE FUNCTION terms_template_moves_on();
CREATE TRIGGER terms_places_are_fixed BEFORE INSERT OR UPDATE OR DELETE ON terms_templateclause
    FOR EACH ROW EXECUTE FUNCTION terms_places_are_fixed();
-- At the end of the transaction that records the ruling.
CREATE CONSTRAINT TRIGGER terms_void_is_not_live AFTER INSERT ON terms_voidclause
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION terms_void_is_not_live();
ALTER TABLE terms_contract ENABLE ALWAYS TRIGGER terms_contract_may_be_made;
ALTER TABLE terms_template ENABLE ALWAYS TRIGGER terms_template_moves_on;
ALTER TABLE terms_templateclause ENABLE ALWAYS TRIGGER terms_places_are_fixed;
"""

# Each table with the columns that may be written once where nothing stood.
KEPT = {
    "terms_clauseversion": (),
    "terms_clauseshown": (),
    "terms_voidclause": (),
    "terms_statement": ("ended_date",),
    "terms_ruling": ("overturned_at",),
    "terms_decision": ("order_id",),
    "terms_contract": ("order_id", "superseded_at"),
    "terms_sideterm": ("ended_at", "ended_why"),
    "terms_remedy": ("done_at", "outcome"),
}
GUARD = """
CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION terms_keep_as_agreed({columns});
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_kept;
"""


class Migration(migrations.Migration):
    dependencies = [("terms", "0001_tables")]

    operations = [
        migrations.RunSQL(
            FUNCTIONS
            + "".join(
                GUARD.format(table=table, columns=", ".join(f"'{name}'" for name in columns))
                for table, columns in KEPT.items()
            )
        ),
    ]
