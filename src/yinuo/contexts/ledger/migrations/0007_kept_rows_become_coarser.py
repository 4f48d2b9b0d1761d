"""What other subjects must keep of an order whose record is erased: its days, not its moments."""

from django.db import migrations

# Guards of other tables ask this before they refuse a change: it belongs to the erasure of that
# order, in this transaction, and only makes moments into days and empties what `freed` names.
LETS = r"""
CREATE FUNCTION ledger_lets_be_coarser(subject bigint, was jsonb, is_now jsonb, freed text[])
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT ledger_being_erased(subject) AND NOT EXISTS (
        SELECT FROM jsonb_each_text(was) old JOIN jsonb_each_text(is_now) new USING (key)
        WHERE old.value IS DISTINCT FROM new.value
        AND NOT (key = ANY (freed) AND new.value IS NULL)
        AND NOT (key LIKE '%\_at' AND new.value::timestamptz
                 = date_trunc('day', old.value::timestamptz, 'Asia/Shanghai')))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_figures_of_the_queue")]

    operations = [migrations.RunSQL(LETS, "DROP FUNCTION ledger_lets_be_coarser")]
