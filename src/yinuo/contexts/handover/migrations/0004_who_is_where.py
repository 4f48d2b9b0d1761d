"""Visits stay within duty, fill their zone and are counted; moves and stops fill theirs."""

from django.db import migrations

FORWARD = """
-- Duty and absences of one person are looked at by one transaction at a time.
CREATE FUNCTION handover_lock_person(person bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('staff:' || person, 0))
$$;

CREATE FUNCTION handover_check_duty(person bigint, place bigint, period tstzrange)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handover_lock_person(person);
    IF NOT coalesce((SELECT range_agg(during) @> period FROM handover_duty
                     WHERE staff_id = person AND centre_id = place), false) THEN
        RAISE EXCEPTION 'nobody is booked outside duty'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'booked_within_duty';
    END IF;
    IF EXISTS (SELECT FROM handover_absence WHERE staff_id = person AND during && period) THEN
        RAISE EXCEPTION 'nobody is booked while away'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'booked_outside_absence';
    END IF;
END $$;

CREATE FUNCTION handover_absence_locks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handover_lock_person(NEW.staff_id);
    RETURN NEW;
END $$;
CREATE TRIGGER handover_absence_locks BEFORE INSERT OR UPDATE ON handover_absence
    FOR EACH ROW EXECUTE FUNCTION handover_absence_locks();

-- A duty that is shortened or taken away must not leave a booked visit or a move without it.
CREATE FUNCTION handover_duty_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handover_lock_person(OLD.staff_id);
    IF EXISTS (SELECT FROM handover_visit v
               WHERE v.staff_id = OLD.staff_id AND v.state = 'BOOKED' AND v.during && OLD.during
                 AND NOT coalesce((SELECT range_agg(d.during) @> v.during FROM handover_duty d
                                   WHERE d.staff_id = v.staff_id
                                     AND d.centre_id = v.centre_id), false)) THEN
        RAISE EXCEPTION 'a visit is booked in these hours'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duty_has_visits';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER handover_duty_stays AFTER UPDATE OR DELETE ON handover_duty
    FOR EACH ROW EXECUTE FUNCTION handover_duty_stays();

CREATE FUNCTION handover_count_people(place bigint, part bigint, period tstzrange, more int,
                                      most int)
RETURNS void LANGUAGE sql AS $$
    WITH slots AS (
        SELECT generate_series(lower(period), upper(period) - interval '1 microsecond',
                               interval '30 minutes') AS slot_at),
    less AS (
        UPDATE handover_slotcount c SET people = c.people + more
        FROM slots WHERE more < 0 AND c.centre_id = place AND c.slot_at = slots.slot_at
                     AND c.zone_id IS NOT DISTINCT FROM part)
    INSERT INTO handover_slotcount AS c (centre_id, zone_id, slot_at, people, people_max)
    SELECT place, part, slot_at, more, most FROM slots WHERE more > 0 ORDER BY slot_at
    ON CONFLICT (centre_id, zone_id, slot_at)
    DO UPDATE SET people = c.people + excluded.people, people_max = excluded.people_max
$$;

CREATE FUNCTION handover_visit_takes_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held boolean := TG_OP = 'UPDATE' AND OLD.state IN ('BOOKED', 'STARTED');
    holds boolean := NEW.state IN ('BOOKED', 'STARTED');
    part bigint;
    fits int;
    own int;
BEGIN
    IF held AND holds AND (OLD.during, OLD.bay_id, OLD.staff_id, OLD.centre_id, OLD.party)
        IS NOT DISTINCT FROM (NEW.during, NEW.bay_id, NEW.staff_id, NEW.centre_id, NEW.party)
        AND (OLD.state = NEW.state OR NEW.state <> 'BOOKED') THEN
        RETURN NULL;
    END IF;
    SELECT zone_id INTO part FROM handover_bay
    WHERE id = NEW.bay_id AND centre_id = NEW.centre_id AND (active OR NOT holds);
    IF part IS NULL THEN
        RAISE EXCEPTION 'no such bay at this centre'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bay_of_the_centre';
    END IF;
    IF NEW.state = 'BOOKED' THEN
        IF mod(extract(epoch FROM lower(NEW.during))::bigint, 1800) <> 0 THEN
            RAISE EXCEPTION 'visits begin on the half hour'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'visit_on_the_half_hour';
        END IF;
        PERFORM handover_check_duty(NEW.staff_id, NEW.centre_id, NEW.during);
    END IF;
    IF held THEN
        DELETE FROM handover_occupancy WHERE visit_id = NEW.id;
        PERFORM handover_count_people(OLD.centre_id, NULL, OLD.during, -OLD.party, 0);
        PERFORM handover_count_people(
            OLD.centre_id, (SELECT zone_id FROM handover_bay WHERE id = OLD.bay_id),
            OLD.during, -OLD.party, 0);
    END IF;
    IF holds THEN
        SELECT people_max INTO fits FROM handover_opening WHERE centre_id = NEW.centre_id;
        SELECT people_max INTO own FROM handover_zone WHERE id = part;
        PERFORM handover_count_people(NEW.centre_id, NULL, NEW.during, NEW.party, fits);
        PERFORM handover_count_people(NEW.centre_id, part, NEW.during, NEW.party, own);
        INSERT INTO handover_occupancy (zone_id, kind, use, during, staff_id, visit_id)
        VALUES (part, 'PEOPLE', 0, NEW.during, NEW.staff_id, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER handover_visit_takes_place AFTER INSERT OR UPDATE ON handover_visit
    FOR EACH ROW EXECUTE FUNCTION handover_visit_takes_place();

CREATE FUNCTION handover_permit_takes_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM handover_occupancy WHERE permit_id = NEW.id;
    IF NEW.state = 'ISSUED' THEN
        IF (SELECT count(*) FROM handover_zone
            WHERE id IN (NEW.from_zone_id, NEW.to_zone_id) AND centre_id = NEW.centre_id)
           <> (CASE WHEN NEW.from_zone_id = NEW.to_zone_id THEN 1 ELSE 2 END) THEN
            RAISE EXCEPTION 'both zones are of this centre'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'zone_of_the_centre';
        END IF;
        PERFORM handover_check_duty(NEW.driver_id, NEW.centre_id, NEW.during);
        INSERT INTO handover_occupancy (zone_id, kind, use, during, staff_id, permit_id)
        VALUES (NEW.from_zone_id, 'VEHICLE_MOVE', NEW.id, NEW.during, NEW.driver_id, NEW.id);
        IF NEW.from_zone_id <> NEW.to_zone_id THEN
            INSERT INTO handover_occupancy (zone_id, kind, use, during, permit_id)
            VALUES (NEW.to_zone_id, 'VEHICLE_MOVE', NEW.id, NEW.during, NEW.id);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER handover_permit_takes_place AFTER INSERT OR UPDATE ON handover_movepermit
    FOR EACH ROW EXECUTE FUNCTION handover_permit_takes_place();

CREATE FUNCTION handover_stop_takes_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM handover_occupancy WHERE stop_id = NEW.id;
    IF NEW.lifted_at IS NULL THEN
        INSERT INTO handover_occupancy (zone_id, kind, use, during, stop_id)
        VALUES (NEW.zone_id, 'STOP', -NEW.id, NEW.during, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER handover_stop_takes_place AFTER INSERT OR UPDATE ON handover_slotstop
    FOR EACH ROW EXECUTE FUNCTION handover_stop_takes_place();
"""


class Migration(migrations.Migration):
    dependencies = [("handover", "0003_centre_visits_and_yard")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
