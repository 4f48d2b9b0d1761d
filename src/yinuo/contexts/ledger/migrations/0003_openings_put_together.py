"""What was committed to, for whoever reads the tables with SQL alone."""

from django.db import migrations

# The pieces of the form and the parts in turn, as `forms.put_together` does it.
FORWARD = """
CREATE FUNCTION ledger_put_together(form text, parts text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(concat(x.shared, x.own), '' ORDER BY x.place)
    FROM unnest(string_to_array(form, chr(30)), string_to_array(parts, chr(30)))
        WITH ORDINALITY AS x(shared, own, place)
$$;

CREATE VIEW ledger_opened AS
    SELECT o.entry_id,
        CASE WHEN o.form_id IS NULL THEN o.parts
        ELSE ledger_put_together(f.pieces, o.parts) END AS payload
    FROM ledger_opening o LEFT JOIN ledger_form f ON f.id = o.form_id;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_append_only")]

    operations = [migrations.RunSQL(FORWARD)]
