"""A few facts cost two calls of the database: where their streams stand, and what is written."""

from django.db import migrations

# Streams in the order that all writers take: first those that exist, then those that begin. A
# stream begins only under the secret for which its id was made; where the order has another one,
# the row says that secret and no stream. Nothing begins for an order whose record was erased.
# What was recorded before is looked up last, when the streams are held.
STAND = """
CREATE FUNCTION ledger_stand(
    subjects bigint[], letters text[], streams text[], secrets bytea[], keys text[]
) RETURNS TABLE (
    place integer, said_stream text, said_n integer, said_hash text, said_k bytea, said_key text
) LANGUAGE plpgsql AS $$
DECLARE
    missing integer[] := '{}';
BEGIN
    FOR i IN 1..cardinality(subjects) LOOP
        place := i;
        SELECT h.stream, h.n, h.leaf_hash INTO said_stream, said_n, said_hash
            FROM ledger_streamhead h
            WHERE h.subject_id = subjects[place] AND h.letter = letters[place] FOR UPDATE;
        IF NOT FOUND THEN
            missing := missing || place;
            CONTINUE;
        END IF;
        SELECT s.k INTO STRICT said_k FROM ledger_secret s WHERE s.subject_id = subjects[place];
        RETURN NEXT;
    END LOOP;
    FOREACH place IN ARRAY missing LOOP
        said_stream := NULL;
        said_n := NULL;
        said_hash := NULL;
        SELECT s.k INTO said_k FROM ledger_secret s WHERE s.subject_id = subjects[place];
        IF NOT FOUND THEN
            CONTINUE WHEN EXISTS (
                SELECT FROM ledger_erasure e
                WHERE e.subject_id = subjects[place] AND e.done_at IS NOT NULL
            );
            said_k := secrets[place];
            INSERT INTO ledger_secret (subject_id, k) VALUES (subjects[place], said_k)
                ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN
                SELECT s.k INTO STRICT said_k FROM ledger_secret s
                    WHERE s.subject_id = subjects[place];
            END IF;
        END IF;
        IF said_k = secrets[place] THEN
            said_stream := streams[place];
            said_n := -1;
            said_hash := '';
            INSERT INTO ledger_streamhead (subject_id, letter, stream, n, leaf_hash)
                VALUES (subjects[place], letters[place], said_stream, said_n, said_hash)
                ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN
                SELECT h.stream, h.n, h.leaf_hash INTO STRICT said_stream, said_n, said_hash
                    FROM ledger_streamhead h
                    WHERE h.subject_id = subjects[place] AND h.letter = letters[place] FOR UPDATE;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
    place := 0;
    said_stream := NULL;
    said_n := NULL;
    said_hash := NULL;
    said_k := NULL;
    FOREACH said_key IN ARRAY keys LOOP
        IF EXISTS (SELECT FROM ledger_entry e WHERE e.change_key = said_key) THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
"""

# Entries in their order, what opens them, who must be told, and how far their streams have come.
WRITE = """
CREATE FUNCTION ledger_write(
    kinds text[], subjects bigint[], letters text[], numbers integer[], bodies text[],
    keys text[], payloads text[], tells boolean[], recorded timestamptz,
    moved bigint[], moved_letters text[], moved_numbers integer[], moved_hashes text[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
BEGIN
    FOR i IN 1..cardinality(moved) LOOP
        UPDATE ledger_streamhead SET n = moved_numbers[i], leaf_hash = moved_hashes[i]
            WHERE subject_id = moved[i] AND letter = moved_letters[i];
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a stream that is written to has a head';
        END IF;
    END LOOP;
    FOR i IN 1..cardinality(kinds) LOOP
        ids[i] := nextval('ledger_entry_id_seq');
    END LOOP;
    INSERT INTO ledger_entry (id, kind, subject_id, letter, n, body, change_key, recorded_at)
        SELECT unnest(ids), unnest(kinds), unnest(subjects), unnest(letters), unnest(numbers),
            unnest(bodies), unnest(keys), recorded;
    INSERT INTO ledger_opening (entry_id, parts)
        SELECT x.id, x.parts FROM (SELECT unnest(ids) AS id, unnest(payloads) AS parts) AS x
        WHERE x.parts IS NOT NULL;
    INSERT INTO ledger_untold (entry_id)
        SELECT x.id FROM (SELECT unnest(ids) AS id, unnest(tells) AS tells) AS x WHERE x.tells;
    RETURN ids;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_kept_rows_become_coarser")]

    operations = [migrations.RunSQL(STAND + WRITE)]
