"""Words, decisions, evidence and signatures stay; hidden damage and old versions are refused."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION handover_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER handover_statement_stays BEFORE UPDATE OR DELETE ON handover_statement
    FOR EACH ROW EXECUTE FUNCTION handover_refuse_change();
CREATE TRIGGER handover_outcome_stays BEFORE UPDATE OR DELETE ON handover_outcome
    FOR EACH ROW EXECUTE FUNCTION handover_refuse_change();
CREATE TRIGGER handover_evidence_stays BEFORE UPDATE OR DELETE ON handover_evidence
    FOR EACH ROW EXECUTE FUNCTION handover_refuse_change();
CREATE TRIGGER handover_signature_stays BEFORE UPDATE OR DELETE ON handover_signature
    FOR EACH ROW EXECUTE FUNCTION handover_refuse_change();

CREATE FUNCTION handover_refuse_hidden_damage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM handover_damage
               WHERE order_id = NEW.order_id AND told_at IS NULL) THEN
        RAISE EXCEPTION 'known damage of this car was not told'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'no_hidden_damage';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER handover_no_hidden_damage BEFORE INSERT ON handover_inspection
    FOR EACH ROW EXECUTE FUNCTION handover_refuse_hidden_damage();

CREATE FUNCTION handover_refuse_late_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT state FROM handover_inspection WHERE id = NEW.inspection_id) <> 'OPEN' THEN
        RAISE EXCEPTION 'this inspection is not open'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'answers_only_while_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER handover_answer_while_open BEFORE INSERT OR UPDATE ON handover_answer
    FOR EACH ROW EXECUTE FUNCTION handover_refuse_late_answer();
CREATE TRIGGER handover_feature_while_open BEFORE INSERT OR UPDATE ON handover_featurestate
    FOR EACH ROW EXECUTE FUNCTION handover_refuse_late_answer();

CREATE FUNCTION handover_refuse_old_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM handover_inspection i
        JOIN handover_outcome o ON o.inspection_id = i.id AND o.version = i.version
        WHERE i.id = NEW.inspection_id AND i.order_id = NEW.order_id
          AND i.state = 'DECIDED' AND i.version = NEW.version AND o.taken <> 'REFUSE') THEN
        RAISE EXCEPTION 'only the newest version of a car that is taken can be signed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signature_on_newest_version';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER handover_signature_on_newest BEFORE INSERT ON handover_signature
    FOR EACH ROW EXECUTE FUNCTION handover_refuse_old_version();
"""


class Migration(migrations.Migration):
    dependencies = [("handover", "0001_tables")]

    operations = [migrations.RunSQL(FORWARD)]
